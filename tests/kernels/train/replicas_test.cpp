// parallel.dp: replicas with sequences of their own train what one rank trains on all batches.
#include "backend/plan/mode_table.h"
#include "tests/kernels/train/training.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::fromProse;
using test::packedProse;
using test::smallRun;
using test::train;
using test::TrainedRank;

RunConfig replicated(const std::string& mode, int ranks, int replicas) {
    RunConfig config = smallRun(mode, ranks);
    config.parallel.dp = replicas;
    config.train.steps = 3;
    return config;
}

// One rank, the batches of all replicas one after another.
TrainedRank alone(RunConfig config, const BatchSource& batches) {
    config.train.gradAccum *= config.parallel.dp;
    config.parallel = {};
    config.parallel.mode = "none";
    return train(config, batches).front();
}

void expectSame(const RunConfig& config, const BatchSource& batches, const TrainedRank& expected) {
    SCOPED_TRACE(config.parallel.mode + ", sp " + std::to_string(config.parallel.sp) + ", dp " +
                 std::to_string(config.parallel.dp));
    constexpr double limit = 1e-10;
    const std::vector<TrainedRank> trained = train(config, batches);
    for (std::size_t step = 0; step < expected.steps.size(); ++step) {
        const StepRecord& wanted = expected.steps[step].record;
        const StepRecord& actual = trained[0].steps[step].record;
        EXPECT_NEAR(actual.loss, wanted.loss, limit * wanted.loss);
        EXPECT_NEAR(actual.gradNorm, wanted.gradNorm, limit * wanted.gradNorm);
        EXPECT_EQ(actual.tokens, wanted.tokens);
    }
    for (std::size_t i = 0; i < expected.parameters.size(); ++i)
        ASSERT_NEAR(trained[0].parameters[i], expected.parameters[i], limit);
    for (const TrainedRank& rank : trained) EXPECT_EQ(rank.parameters, trained[0].parameters);
}

TEST(Replicas, TrainWhatOneRankTrainsOnTheGlobalBatch) {
    const RunConfig base = replicated("zigzag", 2, 2);
    const TrainedRank expected = alone(base, fromProse(base));
    for (const Mode& mode : modeTable()) {
        RunConfig config = base;
        config.parallel.mode = std::string(mode.name);
        expectSame(config, fromProse(config), expected);
    }
}

// The second replica has a tenth of the labels and one of its ranks none at all: a mean of means
// would be another loss.
TEST(Replicas, CountEveryLabelledTokenAlike) {
    RunConfig base = replicated("ring", 2, 2);
    base.data.packing = true;
    base.attention.dropout = 0.1;
    base.train.gradAccum = 2;
    const BatchSource packed = packedProse(base);
    const BatchSource uneven = [=](std::int64_t step, std::int64_t number) {
        TokenBatch batch = packed(step, number);
        if (number % 2 == 1) std::fill_n(batch.labels.begin(), 58, ignoredLabel);
        return batch;
    };
    const TrainedRank expected = alone(base, uneven);
    for (const char* mode : {"none", "ring", "zigzag", "ulysses", "llama3"}) {
        RunConfig config = base;
        config.parallel.mode = mode;
        expectSame(config, uneven, expected);
    }
}

TEST(Replicas, MayHaveOneRankEachOrGroupsWithinThem) {
    RunConfig config = replicated("ring", 1, 3);
    expectSame(config, fromProse(config), alone(config, fromProse(config)));
    config = replicated("usp", 4, 2);
    config.parallel.ulysses = 2;
    config.train.steps = 2;
    expectSame(config, fromProse(config), alone(config, fromProse(config)));
}

TEST(Replicas, SendExactlyTheBytesThatThePlanPredicts) {
    for (const Mode& mode : modeTable()) {
        if (!mode.sharded) continue;
        RunConfig config = replicated(std::string(mode.name), 2, 2);
        config.train.precision = NumberFormat::Bf16;
        config.train.gradAccum = 2;
        const RunPlan plan = planRun(config).value();
        std::int64_t busiest = 0;
        for (const TrainedRank& rank : train(config, fromProse(config))) {
            for (const StepOutcome& step : rank.steps) {
                EXPECT_EQ(step.sent.gradient, plan.gradientBytesPerStep) << mode.name;
                busiest = std::max(busiest, step.sent.attention);
            }
        }
        EXPECT_EQ(busiest, plan.attentionBytesPerStep) << mode.name;
    }
}

}  // namespace
}  // namespace ringscope
