#include "kernels/model/functions.h"

#include "kernels/data/token_batch.h"
#include "tests/kernels/model/plain_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

// Every piece against its formula under plain autograd, in fp64. 2 x 300 rows are more than one
// chunk.
namespace ringscope {
namespace {

using namespace ringscope::test;

constexpr double limit = 1e-12;
constexpr double eps = 1e-5;
constexpr std::int64_t hidden = 12;
constexpr std::int64_t tokens = 300;

at::Tensor random(at::IntArrayRef shape) { return at::randn(shape, at::kDouble); }

Weight randomWeight(at::IntArrayRef shape) {
    return {random(shape).requires_grad_(true), at::zeros(shape, at::kDouble)};
}
at::Tensor leaf(const at::Tensor& value) { return value.detach().clone().requires_grad_(true); }

TEST(Embed, AddsTheGradientOfEveryUseOfARow) {
    at::manual_seed(2);
    const Weight table = randomWeight({5, hidden});
    const at::Tensor used = at::tensor({0, 3, 3, 1, 3, 0}, at::kLong).view({2, 3});
    const at::Tensor d = random({2, 3, hidden});
    const at::Tensor plain = leaf(table.value);
    const at::Tensor expected = at::embedding(plain, used);
    expected.backward(d);
    const at::Tensor out = embed(used, table);
    out.backward(d);
    expectClose(out, expected, 0, "out");
    expectClose(table.gradient, plain.grad(), limit, "gradient");
}

TEST(ProjectHeads, AgreesWithItsFormula) {
    at::manual_seed(3);
    const HeadShape shape{.heads = 4, .kvHeads = 2, .headDim = 6};
    const Weight gain = randomWeight({hidden});
    const Weight qkv = randomWeight({8 * 6, hidden});
    const at::Tensor positions = at::arange(100, 100 + tokens, at::kLong);
    const RotaryTable rotary =
        plainTable(positions, shape.headDim, 10000.0, at::TensorOptions().dtype(at::kDouble));
    const at::Tensor x = random({2, tokens, hidden}).requires_grad_(true);
    const at::Tensor dq = random({2, tokens, 4, 6});
    const at::Tensor dk = random({2, tokens, 2, 6});
    const at::Tensor dv = random({2, tokens, 2, 6});
    const auto loss = [&](const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
        return (q * dq).sum() + (k * dk).sum() + (v * dv).sum();
    };

    const at::Tensor plainX = leaf(x);
    const at::Tensor plainGain = leaf(gain.value);
    const at::Tensor plainQkv = leaf(qkv.value);
    const at::Tensor projected = at::matmul(plainNorm(plainX, plainGain, eps), plainQkv.t());
    const auto part = [&](std::int64_t first, std::int64_t heads) {
        return projected.narrow(2, first * 6, heads * 6).reshape({2, tokens, heads, 6});
    };
    const at::Tensor q = plainRotary(part(0, 4), positions, 10000.0);
    const at::Tensor k = plainRotary(part(4, 2), positions, 10000.0);
    loss(q, k, part(6, 2)).backward();

    const Heads heads = projectHeads(
        x, {.norm = {.gain = gain, .eps = eps}, .qkv = {.weight = qkv}}, rotary, shape);
    loss(heads.q, heads.k, heads.v).backward();
    expectClose(heads.q, q, limit, "q");
    expectClose(heads.k, k, limit, "k");
    expectClose(heads.v, part(6, 2), limit, "v");
    expectClose(x.grad(), plainX.grad(), limit, "dx");
    expectClose(gain.gradient, plainGain.grad(), limit, "dGain");
    expectClose(qkv.gradient, plainQkv.grad(), limit, "dQkv");
}

TEST(AddProjection, AgreesWithItsFormula) {
    at::manual_seed(4);
    const Weight weight = randomWeight({hidden, 8});
    const at::Tensor residual = random({2, tokens, hidden}).requires_grad_(true);
    const at::Tensor in = random({2, tokens, 8}).requires_grad_(true);
    const at::Tensor d = random({2, tokens, hidden});
    const at::Tensor plainResidual = leaf(residual);
    const at::Tensor plainIn = leaf(in);
    const at::Tensor plainWeight = leaf(weight.value);
    const at::Tensor expected = plainResidual + at::matmul(plainIn, plainWeight.t());
    expected.backward(d);

    const at::Tensor out = addProjection(residual, in, {.weight = weight});
    out.backward(d);
    expectClose(out, expected, limit, "out");
    expectClose(residual.grad(), plainResidual.grad(), limit, "dResidual");
    expectClose(in.grad(), plainIn.grad(), limit, "dIn");
    expectClose(weight.gradient, plainWeight.grad(), limit, "dWeight");
}

TEST(AddFeedForward, AgreesWithItsFormula) {
    at::manual_seed(5);
    const Weight gain = randomWeight({hidden});
    const Weight gateUp = randomWeight({2 * 20, hidden});
    const Weight down = randomWeight({hidden, 20});
    const at::Tensor x = random({2, tokens, hidden}).requires_grad_(true);
    const at::Tensor d = random({2, tokens, hidden});
    const at::Tensor plainX = leaf(x);
    const at::Tensor plainGain = leaf(gain.value);
    const at::Tensor plainGateUp = leaf(gateUp.value);
    const at::Tensor plainDown = leaf(down.value);
    const at::Tensor expected = plainFeedForward(plainX, plainGain, plainGateUp, plainDown, eps);
    expected.backward(d);

    const at::Tensor out = addFeedForward(
        x,
        {.before = {.gain = gain, .eps = eps}, .in = {.weight = gateUp}, .down = {.weight = down}});
    out.backward(d);
    expectClose(out, expected, limit, "out");
    expectClose(x.grad(), plainX.grad(), limit, "dx");
    expectClose(gain.gradient, plainGain.grad(), limit, "dGain");
    expectClose(gateUp.gradient, plainGateUp.grad(), limit, "dGateUp");
    expectClose(down.gradient, plainDown.grad(), limit, "dDown");
}

// `vocabulary` decides how many rows of logits a chunk has.
void expectHeadLoss(std::int64_t vocabulary, const at::Tensor& labels) {
    const Weight gain = randomWeight({hidden});
    const Weight head = randomWeight({vocabulary, hidden});
    const at::Tensor x = random({2, tokens, hidden}).requires_grad_(true);
    const at::Tensor plainX = leaf(x);
    const at::Tensor plainGain = leaf(gain.value);
    const at::Tensor plainHead = leaf(head.value);
    const at::Tensor logits = at::matmul(plainNorm(plainX, plainGain, eps), plainHead.t());
    const at::Tensor expected = plainCrossEntropy(logits, labels) * 0.125;
    expected.backward();

    const at::Tensor loss =
        headLoss(x, {.norm = {.gain = gain, .eps = eps}, .weight = head}, labels, 0.125);
    loss.backward();
    expectClose(loss, expected, limit, "loss");
    expectClose(x.grad(), plainX.grad(), limit, "dx");
    expectClose(gain.gradient, plainGain.grad(), limit, "dGain");
    expectClose(head.gradient, plainHead.grad(), limit, "dHead");
}

TEST(HeadLoss, AgreesWithItsFormula) {
    at::manual_seed(6);
    expectHeadLoss(9, at::randint(9, {2, tokens}, at::kLong));
}

TEST(HeadLoss, AgreesWithItsFormulaWhenLogitsComeInChunks) {
    at::manual_seed(7);
    expectHeadLoss(20'000, at::randint(20'000, {2, tokens}, at::kLong));
}

TEST(HeadLoss, IgnoresTokensWithoutALabel) {
    at::manual_seed(8);
    at::Tensor labels = at::randint(9, {2, tokens}, at::kLong);
    labels.narrow(1, 10, 250).fill_(ignoredLabel);
    expectHeadLoss(9, labels);
}

TEST(HeadLoss, IsZeroWithZeroGradientsWithoutAnyLabel) {
    at::manual_seed(9);
    const Weight gain = randomWeight({hidden});
    const Weight head = randomWeight({9, hidden});
    const at::Tensor x = random({2, 5, hidden}).requires_grad_(true);
    const at::Tensor loss = headLoss(x, {.norm = {.gain = gain, .eps = eps}, .weight = head},
                                     at::full({2, 5}, ignoredLabel, at::kLong), 0.5);
    loss.backward();
    EXPECT_EQ(loss.item<double>(), 0);
    EXPECT_EQ(x.grad().abs().max().item<double>(), 0);
    EXPECT_EQ(head.gradient.abs().max().item<double>(), 0);
    EXPECT_EQ(gain.gradient.abs().max().item<double>(), 0);
}

// In tiles, and by torch's own cross-entropy.
TEST(HeadLoss, SmoothsLabelsAndAddsTheZLoss) {
    at::manual_seed(10);
    const Weight gain = randomWeight({hidden});
    const Weight head = randomWeight({9, hidden});
    const at::Tensor x = random({2, tokens, hidden}).requires_grad_(true);
    at::Tensor labels = at::randint(9, {2, tokens}, at::kLong);
    labels.narrow(1, 10, 50).fill_(ignoredLabel);
    const at::Tensor plainX = leaf(x);
    const at::Tensor plainHead = leaf(head.value);
    const at::Tensor logits =
        at::matmul(plainNorm(plainX, gain.value, eps), plainHead.t()).flatten(0, 1);
    const at::Tensor rows = labels.flatten().ne(ignoredLabel).to(at::kDouble);
    const at::Tensor expected = at::cross_entropy_loss(logits, labels.flatten(), {},
                                                       at::Reduction::Sum, ignoredLabel, 0.2) +
                                0.01 * (at::logsumexp(logits, 1).square() * rows).sum();
    expected.backward();
    const Head ruled{.norm = {.gain = gain, .eps = eps},
                     .weight = head,
                     .tile = 7,
                     .rule = {.labelSmoothing = 0.2, .zLoss = 0.01}};
    const at::Tensor loss = headLoss(x, ruled, labels, 1);
    loss.backward();
    expectClose(loss, expected, limit, "loss");
    expectClose(x.grad(), plainX.grad(), limit, "dx");
    expectClose(head.gradient, plainHead.grad(), limit, "dHead");
}

TEST(HeadLikelihoods, ArePlainWhateverTheRuleIsAndLeaveGradientsAlone) {
    at::manual_seed(11);
    const at::NoGradGuard withoutGraph;
    const Weight gain = randomWeight({hidden});
    const Weight head = randomWeight({9, hidden});
    const at::Tensor x = random({2, tokens, hidden});
    at::Tensor labels = at::randint(9, {2, tokens}, at::kLong);
    labels.narrow(1, 10, 50).fill_(ignoredLabel);
    Head ruled{.norm = {.gain = gain, .eps = eps},
               .weight = head,
               .tile = 7,
               .rule = {.labelSmoothing = 0.2, .zLoss = 0.01}};
    const double found = headLikelihoods(x, ruled, labels);
    EXPECT_EQ(head.gradient.abs().max().item<double>(), 0);
    ruled.rule = {};
    EXPECT_NEAR(found, headLoss(x, ruled, labels, 1).item<double>(), limit * found);
}

TEST(HeadLoss, RefusesAnyGradientButOne) {
    const Weight gain = randomWeight({hidden});
    const Weight head = randomWeight({9, hidden});
    const at::Tensor x = random({1, 2, hidden}).requires_grad_(true);
    const at::Tensor loss = headLoss(x, {.norm = {.gain = gain, .eps = eps}, .weight = head},
                                     at::zeros({1, 2}, at::kLong), 1.0);
    EXPECT_THROW((loss * 2).backward(), c10::Error);
}

}  // namespace
}  // namespace ringscope
