#include "kernels/block/gpu/piecewise_attention.h"

#include "tests/kernels/block/block_checks.h"
#include "tests/kernels/cuda/host_gpu.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using test::distance;
using test::emptySums;
using test::expectSameGradients;
using test::expectSameLse;
using test::hostGpu;
using test::KernelCalls;
using test::referenceBackward;
using test::referenceForward;
using test::takeKernelCalls;

BlockInput randomBlock(std::int64_t queries, std::int64_t keys, const AttentionMask& mask,
                       at::ScalarType type = at::kDouble, std::int64_t headDim = 16) {
    const auto random = [&](std::int64_t rows, std::int64_t heads) {
        return at::randn({2, rows, heads, headDim}, at::kDouble).to(type);
    };
    return {.q = random(queries, 4),
            .k = random(keys, 2),
            .v = random(keys, 2),
            .mask = MaskKind::Positions,
            .rules = {.mask = &mask}};
}

void expectPieces(const BlockInput& block, const std::string& what) {
    const double limit = block.q.scalar_type() == at::kDouble ? 1e-11 : 3e-5;
    const BlockOutput output = piecewiseForward(block, hostGpu);
    const BlockOutput expected = referenceForward(block);
    EXPECT_LT(distance(output.out, expected.out), limit) << what;
    expectSameLse(output.lse, expected.lse, limit, what);

    const at::Tensor dOut = at::randn(block.q.sizes(), block.q.options());
    const BlockGradients gradients = emptySums(block);
    addPiecewiseGradients(block, output, dOut, gradients, hostGpu);
    const BlockGradients wanted = referenceBackward(block, dOut);
    expectSameGradients(gradients, wanted, limit, what);
}

struct Example {
    const char* what;
    AttentionMask mask;
    TokenRun queries{};
    std::int64_t queryRows = 200;
    TokenRun keys{};
    std::int64_t keyRows = 200;
    bool platform = true;  // has pieces
    bool rest = false;     // something remains
};

std::vector<Example> examples() {
    const std::vector<std::int64_t> longOnes = {0, 70, 140, 400};
    const std::vector<std::int64_t> shortOnes = {0, 3, 7, 9, 11, 13, 16, 18, 20, 90, 91, 180, 400};
    return {{"causal", {}},
            {"documents", {.documents = longOnes}},
            {"documents of a later shard", {.documents = longOnes}, {100, 1}, 90, {0, 1}, 190},
            {"documents, both ways", {.causal = false, .documents = longOnes}},
            {"short documents", {.documents = shortOnes}, {}, 200, {}, 200, true, true},
            {"only short documents", {.documents = shortOnes}, {}, 20, {}, 20, false, true},
            {"window", {.left = 60}, {}, 200, {}, 200, true, true},
            {"window, both ways",
             {.causal = false, .left = 60, .right = 80},
             {},
             200,
             {},
             200,
             true,
             true},
            {"window of another shard", {.left = 120}, {200, 1}, 100, {100, 1}, 100, true, true},
            {"narrow window", {.left = 2}, {}, 60, {}, 60, false, true},
            {"striped", {}, {1, 4}, 120, {2, 4}, 120},
            {"nothing to see", {.left = 5}, {300, 1}, 40, {0, 1}, 50, false, true}};
}

TEST(PiecewiseAttention, IsAttentionWhateverIsCutFromABlock) {
    at::manual_seed(1);
    for (at::ScalarType type : {at::kDouble, at::kFloat})
        for (const Example& example : examples()) {
            BlockInput block = randomBlock(example.queryRows, example.keyRows, example.mask, type);
            block.queryTokens = example.queries;
            block.keyTokens = example.keys;
            takeKernelCalls();
            expectPieces(block, example.what);
            const KernelCalls calls = takeKernelCalls();
            EXPECT_EQ(calls.platform > 0, example.platform) << example.what;
            EXPECT_EQ(calls.own > 0, example.rest) << example.what;
            EXPECT_LE(calls.own, 3) << example.what << ": one launch for each pass";
        }
}

TEST(PiecewiseAttention, LeavesBlocksToThePlatformThatItCanDo) {
    at::manual_seed(2);
    for (MaskKind mask : {MaskKind::Full, MaskKind::Causal}) {
        BlockInput block = randomBlock(50, 50, {});
        block.mask = mask;
        block.rules = {.scale = 0.3};
        takeKernelCalls();
        expectPieces(block, std::string(maskName(mask)));
        const KernelCalls calls = takeKernelCalls();
        EXPECT_EQ(calls.platform, 2);
        EXPECT_EQ(calls.own, 0);
    }
}

TEST(PiecewiseAttention, TakesItsOwnKernelForOtherRulesAndHeads) {
    at::manual_seed(3);
    const AttentionMask mask{.documents = {0, 100, 400}};
    for (const ScoreRules& rules :
         {ScoreRules{.softcap = 2, .mask = &mask}, ScoreRules{.alibiHeads = 4, .mask = &mask},
          ScoreRules{.dropout = 0.2, .mask = &mask}})
        for (MaskKind kind : {MaskKind::Full, MaskKind::Causal, MaskKind::Positions}) {
            BlockInput block = randomBlock(120, 120, mask);
            block.mask = kind;
            block.rules = rules;
            takeKernelCalls();
            expectPieces(block, std::string(maskName(kind)));
            EXPECT_EQ(takeKernelCalls().platform, 0);
        }
    takeKernelCalls();
    expectPieces(randomBlock(120, 120, mask, at::kDouble, 12), "heads of 12");
    EXPECT_EQ(takeKernelCalls().platform, 0);
}

// Divisions are kept; a batch with other documents keeps its mask where the last one had its own.
TEST(PiecewiseAttention, DividesAgainWhenTheDocumentsChange) {
    at::manual_seed(5);
    AttentionMask mask;
    const BlockInput block = randomBlock(100, 100, mask);
    for (const std::int64_t document : {40, 50, 40, 60}) {
        mask.documents = {0, document, 100};
        expectPieces(block, "a document of " + std::to_string(document));
    }
}

// Parts in two bytes are summed in four: out and gradients stay so until the caller rounds them.
TEST(PiecewiseAttention, SumsHalvesInFp32) {
    at::manual_seed(4);
    const AttentionMask mask{.left = 60};
    const BlockInput block = randomBlock(200, 200, mask, at::kBFloat16);
    const BlockOutput output = piecewiseForward(block, hostGpu);
    EXPECT_EQ(output.out.scalar_type(), at::kFloat);
    const BlockOutput expected = referenceForward(block);
    EXPECT_LT(distance(output.out, expected.out), 2e-2);
    const at::Tensor dOut = at::randn_like(block.q);
    const BlockGradients gradients = emptySums(block);
    addPiecewiseGradients(block, output, dOut, gradients, hostGpu);
    EXPECT_LT(distance(gradients.k, referenceBackward(block, dOut).k), 5e-2);
}

}  // namespace
}  // namespace ringscope
