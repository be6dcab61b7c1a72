#include "backend/plan/block_shape.h"

#include <algorithm>

namespace ringscope {
namespace {

// Within the block: 0 to 1 are its own keys and queries. Down along the first keys that its rows
// see, up along the last.
std::vector<ShapePoint> outlineOf(const Block& block, const AttentionMask& mask) {
    constexpr std::int64_t mostSteps = 64;
    const std::int64_t rowsAStep = block.queryRows() / mostSteps + 1;
    const std::int64_t steps = (block.queryRows() + rowsAStep - 1) / rowsAStep;
    const std::vector<TokenSpan> seen =
        visibleRows(mask, {block.queryTokens.first, block.queryTokens.stride * rowsAStep}, steps,
                    block.keyTokens, block.keyRows());
    const auto across = [&](std::int64_t key) {
        return static_cast<double>(key) / static_cast<double>(block.keyRows());
    };
    std::vector<ShapePoint> left;
    std::vector<ShapePoint> right;
    for (std::size_t step = 0; step < seen.size(); ++step) {
        const double top = static_cast<double>(step) / static_cast<double>(steps);
        const double bottom = static_cast<double>(step + 1) / static_cast<double>(steps);
        for (const double down : {top, bottom}) {
            left.push_back({across(seen[step].begin), down});
            right.push_back({across(seen[step].end), down});
        }
    }
    left.insert(left.end(), right.rbegin(), right.rend());
    return left;
}

std::vector<ShapePoint> shapeWithin(const Block& block, const AttentionMask& mask) {
    switch (block.mask) {
        case MaskKind::Full:
            return {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
        case MaskKind::Positions:
            return outlineOf(block, mask);
        case MaskKind::Causal:
            break;
    }
    return {{0, 0}, {1, 1}, {0, 1}};
}

}  // namespace

std::vector<ShapePoint> blockShape(const Block& block, const Step& step, const AttentionMask& mask,
                                   std::int64_t tokensPerRank) {
    const auto share = [&](std::int64_t row, int ranks) {
        return static_cast<double>(row) / static_cast<double>(ranks * tokensPerRank);
    };
    std::vector<ShapePoint> shape = shapeWithin(block, mask);
    for (ShapePoint& point : shape) {
        const double left = share(block.keys.begin, step.keysOf.count);
        const double top = share(block.queries.begin, step.queriesOf.count);
        point.across = left + point.across * share(block.keys.size(), step.keysOf.count);
        point.down = top + point.down * share(block.queries.size(), step.queriesOf.count);
    }
    return shape;
}

}  // namespace ringscope
