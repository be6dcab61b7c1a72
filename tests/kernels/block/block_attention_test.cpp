#include "kernels/block/block_attention.h"

#include "kernels/block/partial_result.h"
#include "tests/kernels/attention/reference.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using test::distance;
using test::emptySums;
using test::referenceBackward;
using test::referenceForward;

double tolerance(at::ScalarType type) { return type == at::kFloat ? 1e-5 : 1e-12; }

BlockInput randomBlock(std::int64_t queries, std::int64_t keys, std::int64_t kvHeads,
                       at::ScalarType type) {
    return {.q = at::randn({2, queries, 4, 16}, type),
            .k = at::randn({2, keys, kvHeads, 16}, type),
            .v = at::randn({2, keys, kvHeads, 16}, type)};
}

void expectLikeReference(const BlockInput& block, const std::string& what) {
    const double limit = tolerance(block.q.scalar_type());
    const BlockOutput expected = referenceForward(block);
    const BlockOutput output = blockForward(block);
    EXPECT_LT(distance(output.out, expected.out), limit) << what;
    EXPECT_LT(distance(output.lse, expected.lse), limit) << what;

    const at::Tensor dOut = at::randn(block.q.sizes(), block.q.options());
    const BlockGradients gradients = emptySums(block);
    addBlockGradients(block, output, dOut, gradients);
    const BlockGradients expectedGradients = referenceBackward(block, dOut);
    EXPECT_LT(distance(gradients.q, expectedGradients.q), limit) << what;
    EXPECT_LT(distance(gradients.k, expectedGradients.k), limit) << what;
    EXPECT_LT(distance(gradients.v, expectedGradients.v), limit) << what;
}

TEST(BlockAttention, IsAttentionForEveryMaskTypeAndHeadGrouping) {
    at::manual_seed(1);
    for (at::ScalarType type : {at::kFloat, at::kDouble})
        for (MaskKind mask : {MaskKind::Full, MaskKind::Causal})
            for (std::int64_t kvHeads : {4, 2, 1}) {
                BlockInput block = randomBlock(24, 24, kvHeads, type);
                block.mask = mask;
                expectLikeReference(
                    block, std::string(maskName(mask)) + ", KV heads " + std::to_string(kvHeads));
            }
}

TEST(BlockAttention, TakesAScaleAndMoreKeysThanQueries) {
    at::manual_seed(2);
    BlockInput block = randomBlock(8, 40, 2, at::kDouble);
    expectLikeReference(block, "8 x 40");
    block.rules.scale = 0.7;
    expectLikeReference(block, "scale 0.7");
}

TEST(BlockAttention, ReadsSlicesOfRowsAndHeadsInPlace) {
    at::manual_seed(3);
    for (MaskKind mask : {MaskKind::Full, MaskKind::Causal}) {
        // Packed as after an all-to-all: (n, B, heads of q, k and v, D).
        const at::Tensor packed =
            at::randn({30, 2, 4 + 2 + 2, 16}).transpose(0, 1).narrow(1, 5, 20);
        expectLikeReference({.q = packed.narrow(2, 0, 4),
                             .k = packed.narrow(2, 4, 2),
                             .v = packed.narrow(2, 6, 2),
                             .mask = mask},
                            "packed");
    }
}

TEST(BlockAttention, GradientsOfBlocksAddUpWhenGivenTheFinalLse) {
    at::manual_seed(4);
    const BlockInput all = randomBlock(12, 20, 2, at::kDouble);
    const at::Tensor dOut = at::randn(all.q.sizes(), all.q.options());
    const BlockOutput whole = blockForward(all);
    const BlockGradients sums = emptySums(all);
    for (const TokenSpan keys : {TokenSpan{0, 7}, TokenSpan{7, 20}}) {
        BlockInput block = all;
        block.k = rowsOf(all.k, keys);
        block.v = rowsOf(all.v, keys);
        addBlockGradients(block, whole, dOut, {sums.q, rowsOf(sums.k, keys), rowsOf(sums.v, keys)});
    }
    const BlockGradients expected = referenceBackward(all, dOut);
    EXPECT_LT(distance(sums.q, expected.q), 1e-12);
    EXPECT_LT(distance(sums.k, expected.k), 1e-12);
    EXPECT_LT(distance(sums.v, expected.v), 1e-12);
}

TEST(PartialOutput, OfNoBlocksIsZeroAndWithoutKeys) {
    const BlockOutput nothing = PartialOutput(at::randn({1, 3, 2, 4})).takeSum();
    EXPECT_TRUE(at::equal(nothing.out, at::zeros({1, 3, 2, 4})));
    EXPECT_TRUE(at::isneginf(nothing.lse).all().item<bool>());
}

TEST(PartialOutput, MergesBlocksOfKeysAndOfRows) {
    at::manual_seed(5);
    const BlockInput all = randomBlock(8, 16, 4, at::kFloat);
    PartialOutput output(all.q);
    for (const TokenSpan rows : {TokenSpan{4, 8}, TokenSpan{0, 4}})
        for (const TokenSpan keys : {TokenSpan{0, 10}, TokenSpan{10, 16}})
            output.add(rows, blockForward({.q = rowsOf(all.q, rows),
                                           .k = rowsOf(all.k, keys),
                                           .v = rowsOf(all.v, keys)}));
    const BlockOutput merged = output.takeSum();
    const BlockOutput expected = referenceForward(all);
    EXPECT_LT(distance(merged.out, expected.out), 1e-6);
    EXPECT_LT(distance(merged.lse, expected.lse), 1e-5);
}

}  // namespace
}  // namespace ringscope
