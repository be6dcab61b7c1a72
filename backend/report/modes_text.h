// The rows of the mode table, and what each mode can compute: what `ringscope modes` prints.
#pragma once

#include <string>

namespace ringscope {

// A line per mode; then a row per feature and a column per mode. Ends with a newline.
std::string modesText();

// schema_version, modes[], features[]; ends with a newline.
std::string modesJson();

}  // namespace ringscope
