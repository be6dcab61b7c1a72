// The pattern of a model's attention in its config.json, under a key of our own:
//
//     "ringscope_attention_pattern": {"kind": "block_sparse", "block": 64, "local": 1}
//
// with the names of attention.pattern.*. Other programs do not know the key; what they compute with
// such weights is dense attention.
#pragma once

#include "backend/core/result.h"
#include "backend/model/config_keys.h"
#include "backend/model/pattern_config.h"

#include <string>
#include <string_view>

namespace ringscope {

inline constexpr std::string_view patternKey = "ringscope_attention_pattern";

// The pattern with its kind's members alone; the others are as they are by default.
PatternConfig plainPattern(const PatternConfig& pattern);

// Kind none where the key is not there.
PatternConfig readPattern(ConfigKeys& keys);

// The object above, in one line.
std::string patternObject(const PatternConfig& pattern);

// A config.json that says this pattern, or none, in the place of what it says. Fails where the text
// is no object.
Result<std::string> withPattern(std::string configText, const PatternConfig& pattern);

}  // namespace ringscope
