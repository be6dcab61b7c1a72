#include "kernels/model/elementwise.h"

#include "kernels/data/token_batch.h"
#include "kernels/device/number_format.h"
#include "kernels/model/elementwise_any.h"
#include "tests/kernels/model/plain_model.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <vector>

namespace ringscope {
namespace {

using test::expectClose;

constexpr std::int64_t rowCount = 37;
constexpr std::int64_t width = 50;  // no multiple of a vector's length

class Elementwise : public ::testing::TestWithParam<at::ScalarType> {
protected:
    void SetUp() override { at::manual_seed(1); }
    at::Tensor random(at::IntArrayRef shape) const { return at::randn(shape, options()); }
    at::Tensor room(at::IntArrayRef shape) const { return at::empty(shape, options()); }
    at::TensorOptions options() const { return at::TensorOptions().dtype(GetParam()); }
    // For factors, sums and weights' gradients.
    at::TensorOptions sums() const { return options().dtype(sumType(GetParam())); }
    at::Tensor sumRoom(at::IntArrayRef shape) const { return at::empty(shape, sums()); }
    at::Tensor inverseOf(const at::Tensor& x) const {
        return x.to(sumType(GetParam())).square().mean(1).add(1e-5).rsqrt();
    }
    double limit() const { return GetParam() == at::kDouble ? 1e-13 : 2e-6; }
    // Of values that are rounded once: in two bytes, one unit in the last place.
    double roundedLimit() const {
        if (GetParam() == at::kBFloat16) return 0x1p-8;
        return GetParam() == at::kHalf ? 0x1p-11 : limit();
    }
};

TEST_P(Elementwise, NormsAgreeWithTensorOperations) {
    const at::Tensor x = random({rowCount, width});
    const at::Tensor gain = random({width});
    at::Tensor normed = room({rowCount, width});
    at::Tensor inverse = sumRoom({rowCount});
    at::Tensor expected = room({rowCount, width});
    at::Tensor expectedInverse = sumRoom({rowCount});
    rmsNorm(x, gain, 1e-5, normed, inverse);
    any::rmsNorm(x, gain, 1e-5, expected, expectedInverse);
    expectClose(normed, expected, roundedLimit(), "normed");
    expectClose(inverse, expectedInverse, limit(), "inverse");

    at::Tensor again = room({rowCount, width});
    rmsNormAgain(x, gain, inverse, again);
    expectClose(again, normed, limit(), "normed again");
}

TEST_P(Elementwise, NormGradientsAreAddedToWhatIsThere) {
    const at::Tensor x = random({rowCount, width});
    const at::Tensor gain = random({width});
    const at::Tensor d = random({rowCount, width});
    const at::Tensor inverse = inverseOf(x);
    at::Tensor dx = at::ones_like(x);
    at::Tensor dGain = at::ones({width}, sums());
    at::Tensor expectedDx = at::ones_like(x);
    at::Tensor expectedDGain = at::ones({width}, sums());
    rmsNormBackward(x, gain, inverse, d, dx, dGain);
    any::rmsNormBackward(x, gain, inverse, d, expectedDx, expectedDGain);
    expectClose(dx, expectedDx, roundedLimit(), "dx");
    expectClose(dGain, expectedDGain, 10 * limit(), "dGain");
}

TEST_P(Elementwise, GatesAgreeWithTensorOperationsFarOutToo) {
    const at::Tensor gateUp = random({rowCount, 2 * width}) * 30;
    const at::Tensor d = random({rowCount, width});
    at::Tensor hidden = room({rowCount, width});
    at::Tensor expected = room({rowCount, width});
    gated(gateUp, hidden);
    any::gated(gateUp, expected);
    expectClose(hidden, expected, roundedLimit(), "hidden");

    at::Tensor dGateUp = room({rowCount, 2 * width});
    at::Tensor expectedD = room({rowCount, 2 * width});
    gatedBackward(gateUp, d, dGateUp);
    any::gatedBackward(gateUp, d, expectedD);
    expectClose(dGateUp, expectedD, roundedLimit(), "dGateUp");
}

// Half of the gates and ups are cut.
TEST_P(Elementwise, ClampedGatedActivationIsThatOfTensorOperations) {
    const at::Tensor gateUp = 10 * random({rowCount, 2 * width});
    const at::Tensor d = random({rowCount, width});
    at::Tensor hidden = room({rowCount, width});
    at::Tensor expected = room({rowCount, width});
    clampedGated(gateUp, hidden);
    any::clampedGated(gateUp, expected);
    const double largest = expected.abs().max().item<double>();
    expectClose(hidden, expected, largest * roundedLimit(), "hidden");

    at::Tensor dGateUp = room({rowCount, 2 * width});
    at::Tensor expectedD = room({rowCount, 2 * width});
    clampedGatedBackward(gateUp, d, dGateUp);
    any::clampedGatedBackward(gateUp, d, expectedD);
    expectClose(dGateUp, expectedD, largest * roundedLimit(), "dGateUp");
}

TEST_P(Elementwise, HeadsAreSplitTurnedAndJoinedAsByTensorOperations) {
    const std::int64_t heads = 3;
    const std::int64_t kvHeads = 1;
    const std::int64_t headDim = 10;
    const RotaryTable table =
        test::plainTable(at::arange(5, 5 + 12, at::kLong), headDim, 10000.0, options());
    const std::int64_t first = 7;  // a chunk in the middle, over the end of a row of the batch
    const at::Tensor qkv = random({11, (heads + 2 * kvHeads) * headDim});
    const auto empty = [&] {
        return HeadRows{at::zeros({24, heads * headDim}, options()),
                        at::zeros({24, kvHeads * headDim}, options()),
                        at::zeros({24, kvHeads * headDim}, options())};
    };
    HeadRows split = empty();
    HeadRows expected = empty();
    splitHeads(qkv, table, first, split);
    any::splitHeads(qkv, table, first, expected);
    expectClose(split.q, expected.q, roundedLimit(), "q");
    expectClose(split.k, expected.k, roundedLimit(), "k");
    expectClose(split.v, expected.v, limit(), "v");

    // Turning is orthogonal: the way back brings the input home.
    at::Tensor back = room({11, (heads + 2 * kvHeads) * headDim});
    at::Tensor expectedBack = room({11, (heads + 2 * kvHeads) * headDim});
    joinHeads(split, table, first, back);
    any::joinHeads(split, table, first, expectedBack);
    expectClose(back, expectedBack, roundedLimit(), "joined");
    expectClose(back, qkv, 2 * roundedLimit(), "the way back");
}

TEST_P(Elementwise, CrossEntropyAgreesWithTensorOperations) {
    at::Tensor logits = random({rowCount, width}) * 20;
    at::Tensor expected = logits.clone();
    at::Tensor labels = at::randint(width, {rowCount}, at::kLong);
    labels[3] = ignoredLabel;
    const double loss = crossEntropy(logits, labels, 0.25);
    const double expectedLoss = any::crossEntropy(expected, labels, 0.25);
    EXPECT_NEAR(loss, expectedLoss, limit() * expectedLoss);
    expectClose(logits, expected, roundedLimit(), "gradient");
    EXPECT_EQ(logits[3].abs().max().item<double>(), 0) << "an ignored row has a gradient";
}

// Against torch's own cross-entropy, and the square of logsumexp, with autograd's gradients.
TEST_P(Elementwise, CrossEntropyByARuleIsTorchsWithSmoothingAndZLoss) {
    for (const LossRule& rule : {LossRule{0.1, 0}, LossRule{0, 1e-2}, LossRule{0.3, 1e-3}}) {
        at::Tensor logits = random({rowCount, width}) * 8;
        at::Tensor labels = at::randint(width, {rowCount}, at::kLong);
        labels[3] = ignoredLabel;
        const at::Tensor x = logits.to(at::kDouble).requires_grad_(true);
        const at::Tensor squares =
            at::logsumexp(x, 1).square() * labels.ne(ignoredLabel).to(at::kDouble);
        const at::Tensor expected =
            0.25 * (at::cross_entropy_loss(x, labels, {}, at::Reduction::Sum, ignoredLabel,
                                           rule.labelSmoothing) +
                    rule.zLoss * squares.sum());
        expected.backward();
        at::Tensor other = logits.clone();
        const double value = expected.item<double>();
        EXPECT_NEAR(crossEntropy(logits, labels, 0.25, rule), value, limit() * value);
        EXPECT_NEAR(any::crossEntropy(other, labels, 0.25, rule), value, limit() * value);
        expectClose(logits.to(at::kDouble), x.grad(), roundedLimit(), "gradient");
        expectClose(other.to(at::kDouble), x.grad(), roundedLimit(), "gradient by tensors");
        EXPECT_EQ(logits[3].abs().max().item<double>(), 0) << "an ignored row has a gradient";
    }
}

TEST_P(Elementwise, CrossEntropyWithoutALabelIsZero) {
    at::Tensor logits = random({rowCount, width});
    const at::Tensor labels = at::full({rowCount}, ignoredLabel, at::kLong);
    EXPECT_EQ(crossEntropy(logits, labels, 0.25), 0);
    EXPECT_EQ(logits.abs().max().item<double>(), 0);
}

TEST_P(Elementwise, CrossEntropyStaysFiniteForHugeLogits) {
    at::Tensor logits = at::zeros({2, width}, options());
    logits[0][0] = 16384;
    logits[1][0] = -16384;
    const at::Tensor labels = at::zeros({2}, at::kLong);
    const double loss = crossEntropy(logits, labels, 1.0);
    EXPECT_NEAR(loss, 16384 + std::log(width - 1.0), 0.01);
    EXPECT_TRUE(logits.isfinite().all().item<bool>());
}

TEST_P(Elementwise, GivesTheSameOnSeveralThreads) {
    const at::Tensor x = random({500, width});
    const at::Tensor gain = random({width});
    const at::Tensor d = random({500, width});
    const at::Tensor inverse = inverseOf(x);
    at::Tensor labels = at::randint(width, {500}, at::kLong);
    const auto run = [&](int threads) {
        const int before = at::get_num_threads();
        at::set_num_threads(threads);
        at::Tensor dx = at::zeros_like(x);
        at::Tensor dGain = at::zeros({width}, sums());
        rmsNormBackward(x, gain, inverse, d, dx, dGain);
        at::Tensor logits = x.clone();
        const double loss = crossEntropy(logits, labels, 1.0);
        at::set_num_threads(before);
        return std::vector<at::Tensor>{dx, dGain, logits, at::scalar_tensor(loss, at::kDouble)};
    };
    const std::vector<at::Tensor> one = run(1);
    const std::vector<at::Tensor> two = run(2);
    for (std::size_t i = 0; i < one.size(); ++i)
        expectClose(two[i], one[i], limit(), "output " + std::to_string(i));
}

INSTANTIATE_TEST_SUITE_P(Precisions, Elementwise,
                         ::testing::Values(at::kFloat, at::kDouble, at::kBFloat16, at::kHalf),
                         [](const auto& each) { return std::string(at::toString(each.param)); });

}  // namespace
}  // namespace ringscope
