// The patterns, a file each; pattern_table.cpp lists them.
#pragma once

#include "backend/plan/patterns/pattern.h"

namespace ringscope {

Result<Pattern> dilatedPattern(const PatternConfig& config, const PatternShape& shape);
Result<Pattern> blockSparsePattern(const PatternConfig& config, const PatternShape& shape);

}  // namespace ringscope
