// The rows of the mode table, and what each mode can compute: what `ringscope modes` prints.
#pragma once

#include <cstddef>
#include <string>

namespace ringscope {

// A line per mode; then a row per feature and a column per mode. Ends with a newline. Where that is
// wider than `width`, modes stand in several tables below each other and features are explained
// below them. 0: as wide as it needs.
std::string modesText(std::size_t width = 0);

// schema_version, modes[], features[]; ends with a newline.
std::string modesJson();

}  // namespace ringscope
