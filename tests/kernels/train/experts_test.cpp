// Models with experts: what keeps the experts evenly used while they train.
#include "backend/model/parameter_list.h"
#include "tests/kernels/train/family_models.h"
#include "tests/kernels/train/training.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::TrainedRank;

// Layers of twelve experts, in groups, whose routers have biases; the first layer is dense.
RunConfig biasedExperts() { return test::familyRun("deepseek-v3", NumberFormat::Fp64); }

BatchSource sameBatch(const std::string& family) {
    return [batch = test::familyBatch(family)](std::int64_t, std::int64_t) { return batch; };
}

// Every batch of a run is another one.
BatchSource shiftedBatches(const std::string& family) {
    return [batch = test::familyBatch(family)](std::int64_t step, std::int64_t number) {
        TokenBatch other = batch;
        std::ranges::rotate(other.inputs, other.inputs.begin() + 5 * (2 * step + number) % 24);
        return other;
    };
}

// The router's biases of all layers, one after the other.
std::vector<double> biasesOf(const RunConfig& config, const std::vector<double>& parameters) {
    const RunPlan plan = planRun(config).value();
    std::vector<double> biases;
    for (const ParameterSpec& spec : parameterList(config.model, plan.layers))
        if (spec.name.ends_with("router.bias"))
            biases.insert(biases.end(), parameters.begin() + spec.offset,
                          parameters.begin() + spec.offset + spec.elements());
    return biases;
}

std::vector<double> initialBiases(RunConfig config) {
    config.train.steps = 1;
    config.train.lr = 0;
    config.train.routerBiasStep = 0;
    return biasesOf(config, test::train(config, sameBatch("deepseek-v3")).front().parameters);
}

TEST(RouterBias, IsNotTouchedByTheOptimizer) {
    RunConfig config = biasedExperts();
    config.train.weightDecay = 0.5;
    const std::vector<double> before = initialBiases(config);
    ASSERT_FALSE(before.empty());
    const auto trained = test::train(config, sameBatch("deepseek-v3"));
    EXPECT_EQ(biasesOf(config, trained.front().parameters), before);
}

TEST(RouterBias, FollowsTheUseOfItsExpert) {
    RunConfig config = biasedExperts();
    config.train.routerBiasStep = 0.25;
    config.train.weightDecay = 0.5;
    std::vector<double> expected = initialBiases(config);
    const TrainedRank trained = test::train(config, sameBatch("deepseek-v3")).front();
    for (const StepOutcome& step : trained.steps) {
        std::size_t at = 0;
        for (const std::vector<std::int64_t>& layer : step.expertUse) {
            const std::int64_t all = std::accumulate(layer.begin(), layer.end(), std::int64_t{0});
            for (const std::int64_t used : layer) {
                const std::int64_t surplus = used * std::ssize(layer) - all;
                expected[at++] += surplus == 0 ? 0 : surplus > 0 ? -0.25 : 0.25;
            }
        }
        ASSERT_EQ(at, expected.size());
    }
    EXPECT_THAT(biasesOf(config, trained.parameters),
                ::testing::Pointwise(::testing::DoubleNear(1e-12), expected));
}

TEST(ExpertUse, CountsEachTokenOnceForEachOfItsExperts) {
    const RunConfig config = biasedExperts();
    const TrainedRank trained = test::train(config, sameBatch("deepseek-v3")).front();
    const auto& use = trained.steps.front().expertUse;
    ASSERT_FALSE(use.empty());
    for (const std::vector<std::int64_t>& layer : use) {
        EXPECT_EQ(std::ssize(layer), config.model.experts.count);
        EXPECT_EQ(std::accumulate(layer.begin(), layer.end(), std::int64_t{0}),
                  2 * 24 * config.model.experts.perToken);
    }
}

class BalancedFamily : public ::testing::TestWithParam<std::string> {};

TEST_P(BalancedFamily, TrainsAsTransformersDoesWithRouterLogits) {
    const nlohmann::json expected =
        nlohmann::json::parse(std::ifstream(RINGSCOPE_ROUTER_LOSSES))[GetParam()];
    RunConfig config = test::familyRun(GetParam(), NumberFormat::Fp64);
    config.train.routerAuxLoss = expected["coefficient"];
    const TrainedRank trained = test::train(config, sameBatch(GetParam())).front();
    const double norm = expected["gradient_norm"];
    EXPECT_NEAR(trained.steps.front().record.gradNorm, norm, 1e-6 * norm);
    for (std::size_t step = 0; step < trained.steps.size(); ++step) {
        const double loss = expected["losses_adamw"][step];
        EXPECT_NEAR(trained.steps[step].record.loss, loss, 1e-6 * loss) << step;
    }
}

INSTANTIATE_TEST_SUITE_P(Of, BalancedFamily, ::testing::Values("mixtral", "qwen2-moe", "qwen3-moe"),
                         test::familyTestName);

// Losses, use of experts and biases are those of one rank that trains on all batches.
void expectSameAsAlone(const RunConfig& alone, const RunConfig& config) {
    const TrainedRank reference = test::train(alone, shiftedBatches("deepseek-v3")).front();
    const std::vector<double> biases = biasesOf(alone, reference.parameters);
    for (const TrainedRank& rank : test::train(config, shiftedBatches("deepseek-v3"))) {
        for (std::size_t step = 0; step < reference.steps.size(); ++step) {
            const StepOutcome& wanted = reference.steps[step];
            EXPECT_NEAR(rank.steps[step].record.loss, wanted.record.loss, 1e-9);
            EXPECT_NEAR(rank.steps[step].record.gradNorm, wanted.record.gradNorm, 1e-8);
            EXPECT_EQ(rank.steps[step].expertUse, wanted.expertUse) << step;
        }
        EXPECT_THAT(biasesOf(config, rank.parameters),
                    ::testing::Pointwise(::testing::DoubleNear(1e-12), biases));
    }
}

TEST(BalancedExperts, TrainTheSameUnderEveryLegalMode) {
    RunConfig alone = biasedExperts();
    alone.train.routerAuxLoss = 0.05;
    alone.train.routerBiasStep = 0.01;
    int legal = 0;
    for (const std::string& mode : test::shardedModes()) {
        SCOPED_TRACE(mode);
        RunConfig config = alone;
        config.parallel.mode = mode;
        config.parallel.sp = 2;
        if (!planRun(config).ok()) continue;
        ++legal;
        expectSameAsAlone(alone, config);
    }
    EXPECT_GE(legal, 5);
}

TEST(BalancedExperts, TrainTheSameOnReplicas) {
    RunConfig config = biasedExperts();
    config.train.routerAuxLoss = 0.05;
    config.train.routerBiasStep = 0.01;
    RunConfig alone = config;
    alone.train.gradAccum = 2;
    config.parallel.mode = "ring";
    config.parallel.sp = 2;
    config.parallel.dp = 2;
    expectSameAsAlone(alone, config);
}

}  // namespace
}  // namespace ringscope
