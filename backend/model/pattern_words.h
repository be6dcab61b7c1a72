// A pattern in a few words, for names and tables.
#pragma once

#include "backend/model/pattern_config.h"

#include <string>

namespace ringscope {

// "none", "dilated 64:1 256:4", "local 1 stride 4 of 16": what of the pattern is computed, the same
// for two patterns only where they are the same.
std::string patternWords(const PatternConfig& pattern);

}  // namespace ringscope
