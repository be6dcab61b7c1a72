// Reads JSON, as people write it for DeepSpeed, into the tree that YAML is read into.
//
// Comments (//, /* */, #) and trailing commas are allowed, with one note each. The text may be any
// bytes: reading takes linear time and never throws, and refuses nesting of more than 100 levels.
#pragma once

#include "backend/config/yaml_tree.h"

#include <string_view>
#include <vector>

namespace ringscope {

struct JsonReading {
    YamlReading tree;  // numbers, true and false are unquoted scalars, as written
    std::vector<YamlProblem> tolerated;
};

JsonReading readJson(std::string_view text);

}  // namespace ringscope
