#include "kernels/model/parameters.h"

#include "backend/config/field_table.h"
#include "tests/kernels/model/plain_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using namespace ringscope::test;

const ModelConfig small{
    .layers = 2, .hiddenSize = 64, .heads = 4, .kvHeads = 2, .ffnSize = 96, .vocabSize = 50};

at::TensorOptions fp32() { return at::TensorOptions().dtype(at::kFloat); }

TEST(Parameters, AreAsManyAsThePlanCounts) {
    ModelConfig tied = small;
    tied.tiedHead = true;
    for (const ModelConfig& model : {small, tied, ModelConfig{}}) {
        std::int64_t end = 0;
        for (const ParameterSpec& spec : plainParameters(model)) {
            EXPECT_EQ(spec.offset, end) << spec.name << " leaves a gap";
            end += spec.elements();
        }
        EXPECT_EQ(end, plainCount(model));
    }
}

TEST(Parameters, AreViewsOfOneBufferOfValuesAndOneOfGradients) {
    Parameters parameters = seededParameters(small, 0, plainCount(small) + 3, fp32());
    for (const ParameterSpec& spec : parameters.list()) {
        const Weight& weight = parameters.weight(spec.name);
        EXPECT_EQ(weight.value.const_data_ptr<float>(),
                  parameters.values().const_data_ptr<float>() + spec.offset);
        EXPECT_EQ(weight.gradient.const_data_ptr<float>(),
                  parameters.gradients().const_data_ptr<float>() + spec.offset);
        EXPECT_EQ(weight.value.sizes().vec(), spec.shape);
    }
    EXPECT_EQ(parameters.values().narrow(0, plainCount(small), 3).abs().max().item<float>(), 0);
}

TEST(Parameters, StartTheSameForTheSameSeedAndOtherwiseNot) {
    Parameters first = seededParameters(small, 7, plainCount(small), fp32());
    Parameters same = seededParameters(small, 7, plainCount(small) + 100, fp32());
    Parameters other = seededParameters(small, 8, plainCount(small), fp32());
    EXPECT_TRUE(at::equal(first.values(), same.values().narrow(0, 0, plainCount(small))));
    EXPECT_FALSE(at::equal(first.values(), other.values()));
}

TEST(Parameters, StartTheSameBitsInEitherPrecision) {
    Parameters single = seededParameters(small, 7, plainCount(small), fp32());
    Parameters twice = seededParameters(small, 7, plainCount(small), fp32().dtype(at::kDouble));
    EXPECT_TRUE(at::equal(single.values(), twice.values().to(at::kFloat)));
}

TEST(Parameters, OfTwoBytesStartRoundedAndHaveExactOnesForTheOptimizer) {
    Parameters exact = seededParameters(small, 7, plainCount(small) + 6, fp32());
    EXPECT_TRUE(exact.areExact());
    EXPECT_EQ(exact.exactValues(5, 9).const_data_ptr<float>(),
              exact.values().const_data_ptr<float>() + 5);
    for (const at::ScalarType type : {at::kBFloat16, at::kHalf}) {
        Parameters rounded = seededParameters(small, 7, plainCount(small) + 6, fp32().dtype(type));
        EXPECT_FALSE(rounded.areExact());
        EXPECT_EQ(rounded.gradients().scalar_type(), at::kFloat);
        EXPECT_TRUE(at::equal(rounded.values(), exact.values().to(type)));
        // A slice that begins inside one parameter and ends behind the last.
        const std::int64_t begin = 777;
        const std::int64_t count = exact.values().numel() - begin;
        EXPECT_TRUE(at::equal(rounded.exactValues(begin, count), exact.values().slice(0, begin)));
    }
}

TEST(Parameters, StartNearNormalWithTheDeviationTheListStates) {
    ModelConfig model;
    Parameters parameters = seededParameters(model, 1, plainCount(model), fp32());
    for (const ParameterSpec& spec : parameters.list()) {
        const at::Tensor value = parameters.weight(spec.name).value.detach().to(at::kDouble);
        if (spec.deviation == 0) {
            EXPECT_TRUE(value.eq(1).all().item<bool>()) << spec.name;
            continue;
        }
        EXPECT_NEAR(value.std().item<double>(), spec.deviation, 0.02 * spec.deviation) << spec.name;
        EXPECT_NEAR(value.mean().item<double>(), 0, 0.02 * spec.deviation) << spec.name;
        const double within = value.abs().lt(spec.deviation).to(at::kDouble).mean().item<double>();
        EXPECT_NEAR(within, 0.66, 0.02) << spec.name;  // 0.683 for a true normal
    }
}

TEST(Parameters, AreIndependentOfOneAnother) {
    Parameters parameters = seededParameters(small, 0, plainCount(small), fp32());
    const at::Tensor first = parameters.weight("layers.0.ffn.gate_up.weight").value.flatten();
    const at::Tensor second = parameters.weight("layers.1.ffn.gate_up.weight").value.flatten();
    const double correlation =
        at::cosine_similarity(first.unsqueeze(0), second.unsqueeze(0)).item<double>();
    EXPECT_NEAR(correlation, 0, 0.03);
}

}  // namespace
}  // namespace ringscope
