#include "kernels/model/transformer.h"

#include "kernels/data/token_batch.h"
#include "tests/kernels/model/plain_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using namespace ringscope::test;

ModelConfig smallModel(bool tied) {
    return {.layers = 2,
            .hiddenSize = 32,
            .heads = 4,
            .kvHeads = 2,
            .ffnSize = 48,
            .vocabSize = 40,
            .tiedHead = tied};
}

at::Tensor attendCausally(int /*layer*/, const at::Tensor& q, const LayerKeys& keys) {
    return plainAttention(q, keys.k, keys.v, true);
}

class WholeModel : public ::testing::TestWithParam<bool> {
protected:
    WholeModel()
        : model_(smallModel(GetParam())),
          parameters_(seededParameters(model_, 3, plainCount(model_),
                                       at::TensorOptions().dtype(at::kDouble))),
          transformer_(model_, plainKinds(model_), parameters_) {
        at::manual_seed(11);
        tokens_ = at::randint(40, {2, 20}, at::kLong);
        labels_ = at::randint(40, {2, 20}, at::kLong);
        labels_[1].narrow(0, 4, 7).fill_(ignoredLabel);
    }
    at::Tensor loss(double scale) {
        const RotaryTable rotary =
            plainTable(at::arange(20, at::kLong), model_.headDim(), model_.rope.theta,
                       at::TensorOptions().dtype(at::kDouble));
        RouterUse routers;
        return transformer_.loss({tokens_, labels_, at::arange(20, at::kLong), rotary},
                                 attendCausally, scale, routers);
    }

    ModelConfig model_;
    Parameters parameters_;
    Transformer transformer_;
    at::Tensor tokens_;
    at::Tensor labels_;
};

TEST_P(WholeModel, HasTheLossAndGradientsOfItsFormula) {
    const std::map<std::string, at::Tensor> leaves = leavesOf(parameters_);
    const at::Tensor expected = plainLoss(model_, leaves, tokens_, labels_, 0.1);
    expected.backward();

    const at::Tensor actual = loss(0.1);
    actual.backward();
    expectClose(actual, expected, 1e-12, "loss");
    for (const ParameterSpec& spec : parameters_.list())
        expectClose(parameters_.weight(spec.name).gradient, leaves.at(spec.name).grad(), 1e-10,
                    spec.name);
}

TEST_P(WholeModel, AddsUpGradientsUntilTheyAreCleared) {
    loss(0.1).backward();
    const at::Tensor once = parameters_.gradients().clone();
    loss(0.1).backward();
    expectClose(parameters_.gradients(), once * 2, 1e-12, "gradients after two passes");
    parameters_.clearGradients();
    EXPECT_EQ(parameters_.gradients().abs().max().item<double>(), 0);
}

// Rounding is all that two bytes change: weights are taken as they round.
TEST_P(WholeModel, HasNearlyTheSameLossAndGradientsInTwoBytes) {
    for (const auto& [type, limit] : {std::pair(at::kBFloat16, 3e-2), std::pair(at::kHalf, 4e-3)}) {
        Parameters rounded =
            seededParameters(model_, 3, plainCount(model_), at::TensorOptions().dtype(type));
        parameters_.values().copy_(rounded.values());
        parameters_.clearGradients();
        const at::Tensor expected = loss(0.1);
        expected.backward();

        const RotaryTable rotary = plainTable(at::arange(20, at::kLong), model_.headDim(),
                                              model_.rope.theta, at::TensorOptions().dtype(type));
        RouterUse routers;
        const at::Tensor actual = Transformer(model_, plainKinds(model_), rounded)
                                      .loss({tokens_, labels_, at::arange(20, at::kLong), rotary},
                                            attendCausally, 0.1, routers);
        actual.backward();
        expectClose(actual, expected, 0.1 * limit, "loss");
        for (const ParameterSpec& spec : rounded.list())
            expectClose(rounded.weight(spec.name).gradient, parameters_.weight(spec.name).gradient,
                        limit, std::string(at::toString(type)) + " " + spec.name);
    }
}

INSTANTIATE_TEST_SUITE_P(Heads, WholeModel, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "tied" : "free"; });

}  // namespace
}  // namespace ringscope
