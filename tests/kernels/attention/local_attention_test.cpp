#include "kernels/attention/local_attention.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isneginf.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>
#include <gmock/gmock.h>

namespace ringscope {
namespace {

using ::testing::ThrowsMessage;

constexpr std::int64_t localRows = 12;

QueryKeyValue randomTensors(at::ScalarType type = at::kDouble) {
    const auto random = [&](std::int64_t heads) {
        return at::randn({2, localRows, heads, 8}).to(type);
    };
    return {random(4), random(2), random(2)};
}

// A causal square, whole and cut into two triangles and the square between them.
Step causal() { return {.blocks = {{{0, localRows}, {0, localRows}, MaskKind::Causal}}}; }
Step causalInParts() {
    return {.blocks = {{{0, 5}, {0, 5}, MaskKind::Causal},
                       {{5, localRows}, {0, 5}, MaskKind::Full},
                       {{5, localRows}, {5, localRows}, MaskKind::Causal}}};
}

TEST(LocalAttention, KnowsTheRowsOfItsBlocks) {
    const Step step{.blocks = {{{6, 8}, {1, 4}}, {{3, 5}, {2, 9}}}};
    EXPECT_EQ(queryRows(step), (TokenSpan{3, 8}));
    EXPECT_EQ(keyRows(step), (TokenSpan{1, 9}));
    EXPECT_EQ(queryRows(Step{}), TokenSpan{});
    EXPECT_EQ(keyRows(Step{}), TokenSpan{});
}

TEST(LocalAttention, IsTheSameHoweverBlocksAreCut) {
    const QueryKeyValue tensors = randomTensors();
    const BlockOutput whole = localForward(causal(), tensors, {});
    const BlockOutput parts = localForward(causalInParts(), tensors, {});
    EXPECT_TRUE(at::allclose(parts.out, whole.out));
    EXPECT_TRUE(at::allclose(parts.lse, whole.lse));

    const at::Tensor dOut = at::randn(tensors.q.sizes()).to(at::kDouble);
    const AttentionGradients ofWhole = localBackward(causal(), tensors, whole, dOut, {});
    const AttentionGradients ofParts = localBackward(causalInParts(), tensors, whole, dOut, {});
    EXPECT_TRUE(at::allclose(ofParts.q, ofWhole.q));
    EXPECT_TRUE(at::allclose(ofParts.k, ofWhole.k));
    EXPECT_TRUE(at::allclose(ofParts.v, ofWhole.v));
}

TEST(LocalAttention, ReturnsTheRowsOfItsQueriesAndGradientsOfAllKeys) {
    const QueryKeyValue tensors = randomTensors();
    const Step step{.blocks = {{{4, 8}, {2, 6}, MaskKind::Full}}};
    const BlockOutput output = localForward(step, tensors, {});
    EXPECT_EQ(output.out.sizes(), (at::IntArrayRef{2, 4, 4, 8}));
    EXPECT_EQ(output.lse.sizes(), (at::IntArrayRef{2, 4, 4}));

    const AttentionGradients gradients =
        localBackward(step, tensors, output, at::randn({2, 4, 4, 8}).to(at::kDouble), {});
    EXPECT_EQ(gradients.q.sizes(), (at::IntArrayRef{2, 4, 4, 8}));
    EXPECT_EQ(gradients.k.sizes(), tensors.k.sizes());
    for (const at::Tensor& gradient : {gradients.k, gradients.v})
        for (const TokenSpan& unseen : {TokenSpan{0, 2}, TokenSpan{6, localRows}}) {
            const at::Tensor none = rowsOf(gradient, unseen);
            EXPECT_TRUE(at::equal(none, at::zeros_like(none)));
        }
}

TEST(LocalAttention, GivesRowsBetweenItsBlocksNothing) {
    const QueryKeyValue tensors = randomTensors();
    const Step step{.blocks = {{{0, 2}, {0, 2}, MaskKind::Full}, {{6, 8}, {0, 2}, MaskKind::Full}}};
    const BlockOutput output = localForward(step, tensors, {});
    const at::Tensor between = rowsOf(output.out, TokenSpan{2, 6});
    EXPECT_TRUE(at::equal(between, at::zeros_like(between)));
    EXPECT_TRUE(at::isneginf(rowsOf(output.lse, TokenSpan{2, 6})).all().item<bool>());
}

TEST(LocalAttention, SumsGradientsOfKeysInFp32WhereNumbersHaveTwoBytes) {
    const QueryKeyValue tensors = randomTensors(at::kBFloat16);
    const BlockOutput output = localForward(causal(), tensors, {});
    EXPECT_EQ(output.out.scalar_type(), at::kBFloat16);
    EXPECT_EQ(output.lse.scalar_type(), at::kFloat);
    const AttentionGradients gradients = localBackward(
        causal(), tensors, output, at::randn({2, localRows, 4, 8}).to(at::kBFloat16), {});
    EXPECT_EQ(gradients.q.scalar_type(), at::kBFloat16);
    EXPECT_EQ(gradients.k.scalar_type(), at::kFloat);
    EXPECT_EQ(gradients.v.scalar_type(), at::kFloat);
}

TEST(LocalAttention, ExpectsPassesOfOneStepWhereEverythingIsComputedAtOnce) {
    const std::vector<Step> one(1);
    EXPECT_EQ(&onlyStep(one), &one.front());
    EXPECT_THAT(
        [] { onlyStep(std::vector<Step>(3)); },
        ThrowsMessage<std::logic_error>("a pass of one step was expected; the schedule has 3"));
}

}  // namespace
}  // namespace ringscope
