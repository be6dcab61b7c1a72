// JSON as people write it for DeepSpeed, as the same tree that YAML becomes.
//
// Comments (//, /* */, #) and trailing commas are tolerated, and said once each. Any bytes may be
// given: reading takes linear time, never throws, and refuses nesting deeper than it can follow.
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
