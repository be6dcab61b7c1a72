// The GPU's own attention kernel, as its source runs on the host, held against the CPU's kernel and
// plain algebra in fp64.
#include "kernels/block/gpu/tiled_gpu_attention.h"

#include "kernels/block/cpu/tiled_attention.h"
#include "kernels/cuda/attention_twin.h"
#include "tests/kernels/block/block_checks.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace ringscope {
namespace {

using test::BlockSize;
using test::distance;
using test::emptySums;
using test::expectLikeReference;
using test::expectSameGradients;
using test::masksAround;
using test::randomBlock;
using test::referenceForward;
using test::scoreRuleCases;

template <kernel::ThreadOrder order>
void onHost(const AttentionTask& task) {
    runAttentionOnHost(task, order);
}
constexpr RunAttention upwards = onHost<kernel::ThreadOrder::Up>;

std::vector<TokenSpan> seenOf(const BlockInput& block) {
    if (block.mask != MaskKind::Positions) return {};
    return visibleRows(*block.rules.mask, block.queryTokens, block.q.size(1), block.keyTokens,
                       block.k.size(1));
}

// Like the fp64 reference, and closer still to the CPU's kernel where both sum in fp32.
void expectAttention(const BlockInput& block, const std::string& what) {
    const double limit = block.q.scalar_type() == at::kDouble ? 1e-11 : 3e-5;
    const std::vector<TokenSpan> seen = seenOf(block);
    const at::Tensor dOut = at::randn(block.q.sizes()).to(block.q.scalar_type());
    const BlockOutput output = tiledGpuForward(block, seen, upwards);
    const BlockGradients gradients = tiledGpuBackward(block, seen, output, dOut, upwards);

    expectLikeReference(block, dOut, output, gradients, limit, what);

    const BlockOutput cpu = tiledForward(block);
    EXPECT_EQ(output.out.scalar_type(), cpu.out.scalar_type());
    EXPECT_LT(distance(output.out, cpu.out), limit) << what;
    const BlockGradients cpus = emptySums(block);
    addTiledGradients(block, output, dOut, cpus);
    expectSameGradients(gradients, cpus, limit, what);
}

TEST(GpuTwin, IsAttentionUnderEveryMaskInEveryType) {
    at::manual_seed(1);
    for (at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf})
        for (const AttentionMask& mask : masksAround(70)) {
            BlockInput block = randomBlock({160, 150}, type);
            block.mask = MaskKind::Positions;
            block.rules.mask = &mask;
            expectAttention(block, c10::toString(type));
        }
}

TEST(GpuTwin, TakesFullAndCausalBlocksWithoutBeingToldWhatRowsSee) {
    at::manual_seed(2);
    for (at::ScalarType type : {at::kFloat, at::kDouble})
        for (MaskKind mask : {MaskKind::Full, MaskKind::Causal})
            for (const auto& [queries, keys] : {std::pair{1, 1}, {64, 64}, {130, 130}, {65, 33}}) {
                BlockInput block = randomBlock({queries, keys}, type);
                block.mask = mask;
                expectAttention(block, std::string(maskName(mask)) + " " + std::to_string(queries));
            }
}

TEST(GpuTwin, AppliesSoftcapAlibiAndDropout) {
    at::manual_seed(3);
    const AttentionMask window{.causal = true, .left = 50};
    for (at::ScalarType type : {at::kFloat, at::kDouble, at::kBFloat16})
        for (MaskKind mask : {MaskKind::Full, MaskKind::Causal, MaskKind::Positions})
            for (const ScoreRules& rules : scoreRuleCases()) {
                BlockInput block = randomBlock({100, 100}, type);
                block.mask = mask;
                block.rules = rules;
                block.rules.mask = &window;
                expectAttention(block, std::string(maskName(mask)));
            }
}

TEST(GpuTwin, KnowsTheTokensOfItsRows) {
    at::manual_seed(4);
    const AttentionMask mask{.causal = true, .left = 500, .documents = {0, 350, 5000}};
    BlockInput block = randomBlock({150, 70}, at::kDouble);
    block.mask = MaskKind::Positions;
    block.rules = {.alibiHeads = 4, .dropout = 0.2, .dropoutSeed = 3, .mask = &mask};
    for (const TokenRun queries : {TokenRun{340, 1}, TokenRun{1, 4}})
        for (const TokenRun keys : {TokenRun{200, 1}, TokenRun{0, 5}, TokenRun{4900, 1}}) {
            block.queryTokens = queries;
            block.keyTokens = keys;
            expectAttention(block, "queries from " + std::to_string(queries.first) +
                                       ", keys from " + std::to_string(keys.first));
        }
}

TEST(GpuTwin, TakesAnyHeadCountAndSizeUpTo256) {
    at::manual_seed(5);
    const AttentionMask window{.causal = true, .left = 9};
    for (const BlockSize& size :
         {BlockSize{1, 1, 1, 1, 1}, BlockSize{17, 100, 5, 5, 40}, BlockSize{131, 5, 6, 1, 128},
          BlockSize{40, 40, 3, 3, 256}, BlockSize{33, 65, 14, 7, 7}, BlockSize{70, 20, 2, 1, 65},
          BlockSize{30, 70, 2, 2, 200}, BlockSize{66, 66, 1, 1, 33}, BlockSize{20, 20, 2, 1, 129}})
        for (at::ScalarType type : {at::kFloat, at::kDouble}) {
            BlockInput block = randomBlock(size, type);
            block.mask = MaskKind::Positions;
            block.rules.mask = &window;
            expectAttention(block, std::to_string(size.headDim) + " columns");
        }
    EXPECT_THROW(tiledGpuForward(randomBlock({4, 4, 1, 1, 257}, at::kFloat), {}, upwards),
                 c10::Error);
}

TEST(GpuTwin, ReadsSlicesOfRowsAndHeadsInPlace) {
    at::manual_seed(6);
    const AttentionMask window{.causal = true, .left = 6};
    const at::Tensor packed = at::randn({90, 2, 4 + 2 + 2, 16}).transpose(0, 1).narrow(1, 5, 80);
    expectAttention({.q = packed.narrow(2, 0, 4),
                     .k = packed.narrow(2, 4, 2),
                     .v = packed.narrow(2, 6, 2),
                     .mask = MaskKind::Positions,
                     .rules = {.mask = &window}},
                    "packed");
    BlockInput block = randomBlock({70, 70}, at::kFloat);
    for (at::Tensor* tensor : {&block.q, &block.k, &block.v})
        *tensor = tensor->transpose(2, 3).contiguous().transpose(2, 3);
    block.mask = MaskKind::Causal;
    expectAttention(block, "heads in columns");
}

// What one block of threads computes may not hang on the order its threads run in between two
// barriers: on a GPU there is none.
TEST(GpuTwin, IsTheSameInEveryOrderOfThreads) {
    at::manual_seed(7);
    const AttentionMask mask{.causal = true, .left = 40, .documents = {0, 33, 5000}};
    for (at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf}) {
        BlockInput block = randomBlock({.queries = 140, .keys = 140, .headDim = 70}, type);
        block.mask = MaskKind::Positions;
        block.rules = {.softcap = 5, .alibiHeads = 4, .dropout = 0.2, .mask = &mask};
        const at::Tensor dOut = at::randn(block.q.sizes()).to(type);
        const BlockOutput output = tiledGpuForward(block, seenOf(block), upwards);
        const BlockGradients gradients =
            tiledGpuBackward(block, seenOf(block), output, dOut, upwards);
        for (const RunAttention run :
             {onHost<kernel::ThreadOrder::Down>, onHost<kernel::ThreadOrder::EvenFirst>}) {
            const BlockOutput again = tiledGpuForward(block, seenOf(block), run);
            EXPECT_TRUE(at::equal(output.out, again.out));
            EXPECT_TRUE(at::equal(output.lse, again.lse));
            const BlockGradients same = tiledGpuBackward(block, seenOf(block), output, dOut, run);
            EXPECT_TRUE(at::equal(gradients.q, same.q));
            EXPECT_TRUE(at::equal(gradients.k, same.k));
            EXPECT_TRUE(at::equal(gradients.v, same.v));
        }
    }
}

// Equal scores and values of one column for each key: what is dropped can be read off the output.
TEST(GpuTwin, DropsTheWeightsThatTheCpuDrops) {
    constexpr std::int64_t tokens = 200;
    BlockInput block{.q = at::zeros({3, tokens, 2, tokens}),
                     .k = at::zeros({3, tokens, 1, tokens}),
                     .v = at::eye(tokens).view({1, tokens, 1, tokens}).repeat({3, 1, 1, 1})};
    block.rules = {.dropout = 0.25, .dropoutSeed = 123456789, .firstHead = 5};
    block.queryTokens = {1000, 3};
    block.keyTokens = {70'000, 2};
    const at::Tensor here = tiledGpuForward(block, {}, upwards).out.eq(0);
    EXPECT_TRUE(at::equal(here, tiledForward(block).out.eq(0)));
    EXPECT_NEAR(here.to(at::kFloat).mean().item<double>(), 0.25, 0.01);
}

TEST(GpuTwin, GivesRowsWithoutKeysNothingAndStaysFinite) {
    at::manual_seed(8);
    const AttentionMask mask{.causal = true};
    BlockInput block = randomBlock({80, 80}, at::kFloat);
    block.mask = MaskKind::Positions;
    block.rules.mask = &mask;
    block.keyTokens = {70, 1};  // queries 0 to 69 come before every key
    const BlockOutput output = tiledGpuForward(block, seenOf(block), upwards);
    EXPECT_TRUE(at::equal(output.out.narrow(1, 0, 70), at::zeros({2, 70, 4, 16})));
    EXPECT_TRUE(output.lse.narrow(1, 0, 70).isneginf().all().item<bool>());
    const BlockGradients gradients =
        tiledGpuBackward(block, seenOf(block), output, at::randn({2, 80, 4, 16}), upwards);
    for (const at::Tensor& gradient : {gradients.q, gradients.k, gradients.v})
        EXPECT_TRUE(at::isfinite(gradient).all().item<bool>());
    EXPECT_TRUE(at::equal(gradients.q.narrow(1, 0, 70), at::zeros({2, 70, 4, 16})));
}

TEST(GpuTwin, DoesNotOverflowWhereScoresAreFarApart) {
    at::manual_seed(9);
    BlockInput block = randomBlock({150, 150}, at::kFloat);
    block.mask = MaskKind::Causal;
    block.rules.scale = 40.0;
    const BlockOutput expected = referenceForward(block);
    const BlockOutput output = tiledGpuForward(block, {}, upwards);
    EXPECT_LT(distance(output.out, expected.out), 1e-3);
    EXPECT_LT(distance(output.lse / expected.lse, at::ones_like(output.lse)), 1e-5);
}

TEST(GpuTwin, DoesNotHideWhatIsNoNumber) {
    at::manual_seed(10);
    BlockInput block = randomBlock({40, 40}, at::kFloat);
    block.mask = MaskKind::Causal;
    block.k[0][20].fill_(std::nan(""));
    const at::Tensor numbers = at::isfinite(tiledGpuForward(block, {}, upwards).out);
    EXPECT_TRUE(numbers.narrow(1, 0, 20).all().item<bool>());
    EXPECT_FALSE(numbers[0].narrow(0, 20, 20).any().item<bool>());
    EXPECT_TRUE(numbers[1].all().item<bool>());
}

TEST(GpuTwin, NeedsTheVisibleKeysOfABlockByPosition) {
    BlockInput block = randomBlock({4, 4}, at::kFloat);
    block.mask = MaskKind::Positions;
    EXPECT_THROW(tiledGpuForward(block, {}, upwards), c10::Error);
    EXPECT_THROW(tiledGpuForward(block, {{0, 1}, {0, 2}}, upwards), c10::Error);
}

}  // namespace
}  // namespace ringscope
