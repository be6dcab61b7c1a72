#include "kernels/block/cpu/tiled_attention.h"

#include "tests/kernels/block/block_checks.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

namespace ringscope {
namespace {

using test::BlockSize;
using test::distance;
using test::emptySums;
using test::expectLikeReference;
using test::masksAround;
using test::randomBlock;
using test::referenceForward;
using test::scoreRuleCases;

constexpr double unbounded = std::numeric_limits<double>::infinity();

double tiledTolerance(at::ScalarType type) { return type == at::kDouble ? 1e-11 : 2e-5; }

void expectAttention(const BlockInput& block, const std::string& what) {
    const at::Tensor dOut = at::randn(block.q.sizes()).to(block.q.scalar_type());
    const BlockOutput output = tiledForward(block);
    const BlockGradients gradients = emptySums(block);
    addTiledGradients(block, output, dOut, gradients);
    expectLikeReference(block, dOut, output, gradients, tiledTolerance(block.q.scalar_type()),
                        what);
}

TEST(TiledAttention, IsAttentionUnderEveryMaskInEveryType) {
    at::manual_seed(1);
    for (at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf})
        for (const AttentionMask& mask : masksAround(130)) {
            BlockInput block = randomBlock({300, 290}, type);
            block.mask = MaskKind::Positions;
            block.rules.mask = &mask;
            expectAttention(block, c10::toString(type));
        }
}

TEST(TiledAttention, KnowsTheTokensOfItsRows) {
    at::manual_seed(2);
    const AttentionMask mask{.causal = true, .left = 500, .documents = {0, 350, 5000}};
    BlockInput block = randomBlock({150, 70}, at::kDouble);
    block.mask = MaskKind::Positions;
    block.rules.mask = &mask;
    block.rules.alibiHeads = 4;
    for (const TokenRun queries : {TokenRun{340, 1}, TokenRun{1, 4}})
        for (const TokenRun keys : {TokenRun{200, 1}, TokenRun{0, 5}, TokenRun{4900, 1}}) {
            block.queryTokens = queries;
            block.keyTokens = keys;
            expectAttention(block, "queries from " + std::to_string(queries.first) +
                                       ", keys from " + std::to_string(keys.first));
        }
}

TEST(TiledAttention, AppliesSoftcapAlibiAndDropout) {
    at::manual_seed(3);
    const AttentionMask window{.causal = true, .left = 100};
    for (at::ScalarType type : {at::kFloat, at::kDouble})
        for (MaskKind mask : {MaskKind::Full, MaskKind::Causal, MaskKind::Positions})
            for (const ScoreRules& rules : scoreRuleCases()) {
                BlockInput block = randomBlock({270, 270}, type);
                block.mask = mask;
                block.rules = rules;
                block.rules.mask = &window;
                expectAttention(block, std::string(maskName(mask)));
            }
}

TEST(TiledAttention, WorksWithMoreThreadsThanKeyHeads) {
    const int before = at::get_num_threads();
    at::set_num_threads(5);
    BlockInput block =
        randomBlock({.queries = 200, .keys = 300, .heads = 6, .kvHeads = 2}, at::kDouble);
    block.mask = MaskKind::Causal;
    expectAttention(block, "five threads for two rows of two key heads");
    at::set_num_threads(before);
}

TEST(TiledAttention, TakesAnyHeadCountAndSize) {
    at::manual_seed(4);
    const AttentionMask window{.causal = true, .left = 9};
    for (const BlockSize& size :
         {BlockSize{1, 1, 1, 1, 8}, BlockSize{17, 300, 5, 5, 40}, BlockSize{131, 5, 6, 1, 128},
          BlockSize{40, 40, 3, 3, 256}, BlockSize{33, 65, 14, 7, 7}, BlockSize{30, 20, 2, 1, 450}})
        for (at::ScalarType type : {at::kFloat, at::kDouble}) {
            BlockInput block = randomBlock(size, type);
            block.mask = MaskKind::Positions;
            block.rules.mask = &window;
            expectAttention(block, std::to_string(size.headDim) + " columns");
        }
}

TEST(TiledAttention, ReadsSlicesOfRowsAndHeadsInPlace) {
    at::manual_seed(5);
    const AttentionMask window{.causal = true, .left = 6};
    const at::Tensor packed = at::randn({30, 2, 4 + 2 + 2, 16}).transpose(0, 1).narrow(1, 5, 20);
    expectAttention({.q = packed.narrow(2, 0, 4),
                     .k = packed.narrow(2, 4, 2),
                     .v = packed.narrow(2, 6, 2),
                     .mask = MaskKind::Positions,
                     .rules = {.mask = &window}},
                    "packed");
}

TEST(TiledAttention, GivesRowsWithoutKeysNothingAndStaysFinite) {
    at::manual_seed(6);
    const AttentionMask mask{.causal = true};
    BlockInput block = randomBlock({8, 8}, at::kFloat);
    block.mask = MaskKind::Positions;
    block.rules.mask = &mask;
    block.keyTokens = {4, 1};  // queries 0 to 3 come before every key
    const BlockOutput output = tiledForward(block);
    EXPECT_TRUE(at::equal(output.out.narrow(1, 0, 4), at::zeros({2, 4, 4, 16})));
    EXPECT_TRUE(at::equal(output.lse.narrow(1, 0, 4), at::full({2, 4, 4}, -unbounded)));
    const BlockGradients gradients = emptySums(block);
    addTiledGradients(block, output, at::randn({2, 8, 4, 16}), gradients);
    for (const at::Tensor& gradient : {gradients.q, gradients.k, gradients.v})
        EXPECT_TRUE(at::isfinite(gradient).all().item<bool>());
    EXPECT_TRUE(at::equal(gradients.q.narrow(1, 0, 4), at::zeros({2, 4, 4, 16})));
}

TEST(TiledAttention, DoesNotOverflowWhereScoresAreFarApart) {
    at::manual_seed(7);
    const AttentionMask window{.causal = true, .left = 400};
    BlockInput block = randomBlock({512, 512}, at::kFloat);
    block.mask = MaskKind::Positions;
    block.rules = {.scale = 40.0, .mask = &window};
    const BlockOutput expected = referenceForward(block);
    const BlockOutput output = tiledForward(block);
    EXPECT_LT(distance(output.out, expected.out), 1e-3);
    EXPECT_LT(distance(output.lse / expected.lse, at::ones_like(output.lse)), 1e-5);
}

TEST(TiledAttention, IsTheSameOnAnyNumberOfThreads) {
    at::manual_seed(8);
    const int before = at::get_num_threads();
    BlockInput block = randomBlock({.queries = 500, .keys = 500}, at::kFloat);
    block.mask = MaskKind::Causal;
    at::set_num_threads(1);
    const BlockOutput alone = tiledForward(block);
    at::set_num_threads(3);
    const BlockOutput shared = tiledForward(block);
    at::set_num_threads(before);
    EXPECT_TRUE(at::equal(alone.out, shared.out));
    EXPECT_TRUE(at::equal(alone.lse, shared.lse));
}

TEST(TiledAttention, DoesNotHideWhatIsNoNumber) {
    at::manual_seed(9);
    BlockInput block = randomBlock({40, 40}, at::kFloat);
    block.mask = MaskKind::Causal;
    block.k[0][20].fill_(std::nan(""));
    const BlockOutput output = tiledForward(block);
    const at::Tensor numbers = at::isfinite(output.out);
    EXPECT_TRUE(numbers.narrow(1, 0, 20).all().item<bool>());
    EXPECT_FALSE(numbers[0].narrow(0, 20, 20).any().item<bool>());
    EXPECT_TRUE(numbers[1].all().item<bool>());
}

TEST(Dropout, DropsItsShareAndDependsOnEveryCoordinate) {
    std::int64_t dropped = 0;
    constexpr std::int64_t weights = 200'000;
    for (std::int64_t i = 0; i < weights; ++i)
        dropped += dropoutBits(dropoutRow(3, 0, i % 7, i / 1000), static_cast<std::uint32_t>(i)) <
                   dropoutThreshold(0.25);
    EXPECT_NEAR(static_cast<double>(dropped) / weights, 0.25, 0.005);

    const std::uint32_t bits = dropoutBits(dropoutRow(3, 0, 1, 2), 5);
    EXPECT_EQ(bits, dropoutBits(dropoutRow(3, 0, 1, 2), 5));
    EXPECT_NE(bits, dropoutBits(dropoutRow(4, 0, 1, 2), 5));
    EXPECT_NE(bits, dropoutBits(dropoutRow(3, 1, 1, 2), 5));
    EXPECT_NE(bits, dropoutBits(dropoutRow(3, 0, 2, 2), 5));
    EXPECT_NE(bits, dropoutBits(dropoutRow(3, 0, 1, 3), 5));
    EXPECT_NE(bits, dropoutBits(dropoutRow(3, 0, 1, 2), 6));
    EXPECT_NE(dropoutSeedOfLayer(3, 0), dropoutSeedOfLayer(3, 1));
}

TEST(Alibi, HasTheSlopesOfThePaper) {
    EXPECT_DOUBLE_EQ(alibiSlope(0, 8), 0.5);
    EXPECT_DOUBLE_EQ(alibiSlope(7, 8), 1.0 / 256);
    // 12 heads: those of 8, then every other one of 16.
    EXPECT_DOUBLE_EQ(alibiSlope(7, 12), 1.0 / 256);
    EXPECT_DOUBLE_EQ(alibiSlope(8, 12), std::exp2(-0.5));
    EXPECT_DOUBLE_EQ(alibiSlope(11, 12), std::exp2(-3.5));
}

}  // namespace
}  // namespace ringscope
