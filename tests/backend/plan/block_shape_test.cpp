#include "backend/plan/block_shape.h"

#include <gtest/gtest.h>
#include <cmath>

namespace ringscope {
namespace {

double areaOf(const std::vector<ShapePoint>& shape) {
    double twice = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const ShapePoint& a = shape[i];
        const ShapePoint& b = shape[(i + 1) % shape.size()];
        twice += a.across * b.down - b.across * a.down;
    }
    return std::abs(twice) / 2;
}

Step stepOf(int queryRanks, int keyRanks) {
    Step step;
    step.queriesOf = {.first = 0, .count = queryRanks};
    step.keysOf = {.first = 0, .count = keyRanks};
    return step;
}

TEST(BlockShape, OfAFullBlockIsItsRectangle) {
    const Block block{.queries = {32, 64}, .keys = {0, 64}, .mask = MaskKind::Full};
    const std::vector<ShapePoint> shape = blockShape(block, stepOf(1, 2), {}, 64);
    EXPECT_DOUBLE_EQ(areaOf(shape), 0.5 * 0.5);
    EXPECT_DOUBLE_EQ(shape.front().down, 0.5);
    EXPECT_DOUBLE_EQ(shape[1].across, 0.5);
}

TEST(BlockShape, OfACausalBlockIsATriangle) {
    const Block block{.queries = {0, 64}, .keys = {0, 64}, .mask = MaskKind::Causal};
    EXPECT_DOUBLE_EQ(areaOf(blockShape(block, stepOf(1, 1), {}, 64)), 0.5);
}

TEST(BlockShape, OfABlockByPositionIsAStaircaseOfWhatItsRowsSee) {
    AttentionMask mask;
    mask.causal = true;
    const Block block{.queries = {0, 8},
                      .keys = {0, 8},
                      .mask = MaskKind::Positions,
                      .queryTokens = {.first = 0, .stride = 1},
                      .keyTokens = {.first = 0, .stride = 1}};
    // 36 of 64 pairs.
    EXPECT_NEAR(areaOf(blockShape(block, stepOf(1, 1), mask, 8)), 36.0 / 64, 1e-12);
}

}  // namespace
}  // namespace ringscope
