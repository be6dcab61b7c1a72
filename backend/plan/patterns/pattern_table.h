// The patterns: one row each. A row's name is what configurations, tables and the window show.
#pragma once

#include "backend/plan/patterns/pattern.h"

#include <span>
#include <string_view>

namespace ringscope {

struct PatternRow {
    PatternKind kind;
    std::string_view help;  // one sentence: what a query sees
    Result<Pattern> (*make)(const PatternConfig& config, const PatternShape& shape);
};

std::span<const PatternRow> patternTable();

}  // namespace ringscope
