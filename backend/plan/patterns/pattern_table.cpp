#include "backend/plan/patterns/pattern_table.h"

#include "backend/plan/patterns/patterns.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

Result<Pattern> nothing(const PatternConfig& /*config*/, const PatternShape& /*shape*/) {
    return Pattern();
}

constexpr std::array patterns = {
    PatternRow{PatternKind::None, "every key that the mask allows", nothing},
    PatternRow{PatternKind::Dilated,
               "LongNet: in segments, every rate-th key from a row that the head begins at",
               dilatedPattern},
    PatternRow{
        PatternKind::BlockSparse,
        "blocks of keys: near, every so many-th, coarse far, first ones, a file's, chosen ones",
        blockSparsePattern},
};
static_assert(patterns.size() == patternKinds.size());

}  // namespace

std::span<const PatternRow> patternTable() { return patterns; }

Result<Pattern> makePattern(const PatternConfig& config, const PatternShape& shape) {
    return std::ranges::find(patterns, config.kind, &PatternRow::kind)->make(config, shape);
}

}  // namespace ringscope
