// Reads TOML 1.0 into the tree that YAML is read into.
//
// The text may be any bytes: reading takes bounded time and never throws. A key that is written
// twice, and nesting of more than 100 levels, are problems. Dates are text.
#pragma once

#include "backend/config/yaml_tree.h"

#include <string_view>

namespace ringscope {

// Tables are maps, an array of tables is a list of maps. Numbers, true and false are unquoted
// scalars, as written. Reading ends at the first problem.
YamlReading readToml(std::string_view text);

}  // namespace ringscope
