// Training in two bytes: the same model under every mode, sums in fp32, fp16 with a scaled loss.
#include "kernels/model/parameters.h"
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/training.h"
#include "tests/support/covering.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::fromProse;
using test::shardedModes;
using test::smallRun;
using test::train;
using test::TrainedRank;
using ::testing::HasSubstr;

// Steps of two batches each, with documents that reach over all shards, unlike numbers of labels
// in the shards and none at all in some: [16,48) is a shard of zigzag on two ranks, [16,32) one of
// ring on four.
RunConfig longRun(const std::string& mode, int ranks, NumberFormat precision) {
    RunConfig config = smallRun(mode, ranks);
    config.data.packing = true;
    config.train.steps = test::wantsAllCombinations() ? 20 : 10;
    config.train.gradAccum = 2;
    config.train.precision = precision;
    config.train.lr = 1e-3;
    return config;
}

BatchSource unevenLabels(const RunConfig& config) {
    const BatchSource prose = fromProse(config);
    return [=](std::int64_t step, std::int64_t micro) {
        TokenBatch batch = prose(step, micro);
        batch.documents = {0, 3, 5 + step / 2, 61 + micro, 64};
        for (std::size_t i = 1; i < batch.documents.size(); ++i)
            batch.labels[static_cast<std::size_t>(batch.documents[i] - 1)] = ignoredLabel;
        std::fill(batch.labels.begin() + 16, batch.labels.begin() + 48, ignoredLabel);
        return batch;
    };
}

struct Rounding {
    NumberFormat precision;
    double loss;
    double gradNorm;
    std::vector<int> ranks;
};

class InPrecision : public ::testing::TestWithParam<Rounding> {};

TEST_P(InPrecision, StepsAreTheSameUnderEveryModeAsOnOneRank) {
    const auto& [precision, lossLimit, normLimit, counts] = GetParam();
    const RunConfig alone = longRun("none", 1, precision);
    const TrainedRank reference = train(alone, unevenLabels(alone)).front();
    const std::vector<std::string> modes = shardedModes();
    for (std::size_t index = 0; index < modes.size(); ++index) {
        const std::string& mode = modes[index];
        for (const int ranks : test::inTurn(counts, nameOf(precision), index)) {
            const RunConfig config = longRun(mode, ranks, precision);
            const std::vector<TrainedRank> trained = train(config, unevenLabels(config));
            double loss = 0;
            double norm = 0;
            for (std::size_t step = 0; step < reference.steps.size(); ++step) {
                const StepRecord& expected = reference.steps[step].record;
                const StepRecord& actual = trained[0].steps[step].record;
                loss = std::max(loss, std::abs(actual.loss / expected.loss - 1));
                norm = std::max(norm, std::abs(actual.gradNorm / expected.gradNorm - 1));
            }
            EXPECT_LE(loss, lossLimit) << mode << " on " << ranks;
            EXPECT_LE(norm, normLimit) << mode << " on " << ranks;
            for (const TrainedRank& rank : trained)
                EXPECT_EQ(rank.parameters, trained[0].parameters)
                    << mode << " on " << ranks << ": ranks hold other bits";
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Precisions, InPrecision,
                         ::testing::Values(Rounding{NumberFormat::Fp32, 1e-5, 1e-4, {4}},
                                           Rounding{NumberFormat::Bf16, 2e-3, 5e-2, {2, 4}},
                                           Rounding{NumberFormat::Fp16, 2e-3, 1e-2, {2}}),
                         [](const auto& each) {
                             return std::string(nameOf(each.param.precision));
                         });

TEST(TwoBytes, SendExactlyTheBytesThatThePlanPredicts) {
    for (const NumberFormat precision : {NumberFormat::Bf16, NumberFormat::Fp16}) {
        for (const std::string& mode : shardedModes()) {
            RunConfig config = smallRun(mode, 4);
            config.train.precision = precision;
            config.train.gradAccum = 2;
            config.train.steps = 2;
            const RunPlan plan = planRun(config).value();
            std::int64_t busiest = 0;
            for (const TrainedRank& rank : train(config, fromProse(config))) {
                for (const StepOutcome& step : rank.steps) {
                    EXPECT_EQ(step.sent.gradient, plan.gradientBytesPerStep) << mode;
                    busiest = std::max(busiest, step.sent.attention);
                }
            }
            EXPECT_EQ(busiest, plan.attentionBytesPerStep) << mode;
        }
    }
}

// Half a unit of bf16 just below 1, where gains begin, is nearly 0.001: one step does not reach it.
TEST(TwoBytes, LoseNoSmallStepsBecauseTheOptimizerKeepsACopy) {
    RunConfig config = smallRun("ring", 2);
    config.train.precision = NumberFormat::Bf16;
    config.train.lr = 4e-4;
    const BatchSource prose = fromProse(config);
    const BatchSource always = [=](std::int64_t, std::int64_t) { return prose(0, 0); };
    const auto movedGains = [&](std::int64_t steps) {
        config.train.steps = steps;
        const std::vector<double> values = train(config, always).front().parameters;
        std::int64_t moved = 0;
        for (const ParameterSpec& spec : parameterList(config.model, planRun(config)->layers))
            for (std::int64_t i = 0; spec.deviation == 0 && i < spec.elements(); ++i)
                moved += values[static_cast<std::size_t>(spec.offset + i)] != 1 ? 1 : 0;
        return moved;
    };
    EXPECT_EQ(movedGains(1), 0);
    EXPECT_GT(movedGains(25), 5 * config.model.hiddenSize / 2) << "of five norms' gains";
}

// Weights of the first steps are far from fp16's limits, so the loss's scale alone decides.
TEST(LossScaling, SkipsAStepThatDoesNotFitAndSaysSoOnAllRanks) {
    RunConfig config = smallRun("zigzag", 2);
    config.train.precision = NumberFormat::Fp16;
    config.train.steps = 12;
    config.train.lr = 1e-2;
    const BatchSource prose = fromProse(config);
    // One labelled token: its gradient is the whole scale.
    const BatchSource sharp = [=](std::int64_t step, std::int64_t micro) {
        TokenBatch batch = prose(step, micro);
        std::fill(batch.labels.begin() + 1, batch.labels.end(), ignoredLabel);
        return batch;
    };
    const std::vector<TrainedRank> trained = train(config, sharp);
    std::int64_t skipped = 0;
    for (std::size_t step = 0; step < 12; ++step) {
        const StepOutcome& outcome = trained[0].steps[step];
        EXPECT_EQ(outcome.note, trained[1].steps[step].note);
        EXPECT_EQ(outcome.sent, trained[0].steps[0].sent) << "a skipped step sends the same";
        EXPECT_TRUE(std::isfinite(outcome.record.loss));
        EXPECT_EQ(outcome.note.empty(), std::isfinite(outcome.record.gradNorm));
        if (outcome.note.empty()) continue;
        ++skipped;
        EXPECT_THAT(outcome.note, HasSubstr("step " + std::to_string(step) + " is skipped"));
    }
    EXPECT_GT(skipped, 0);
    EXPECT_LT(skipped, 12);
    EXPECT_EQ(trained[0].parameters, trained[1].parameters);
    for (const double value : trained[0].parameters) ASSERT_TRUE(std::isfinite(value));
}

TEST(LossScaling, FailsWhereTheLossItselfIsNoNumber) {
    RunConfig config = smallRun("none", 1);
    config.train.precision = NumberFormat::Fp16;
    config.train.lr = 10;
    const RunPlan plan = planRun(config).value();
    std::string message;
    test::runRanks(1, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, fromProse(config)).value();
        for (std::int64_t step = 0; step < 50 && message.empty(); ++step) {
            const Result<StepOutcome> outcome = trainer->step(step);
            if (!outcome.ok()) message = outcome.error().message;
        }
    });
    EXPECT_THAT(message, HasSubstr("lower train.lr or use train.precision bf16"));
}

TEST(LossScaling, ChangesNoFigure) {
    RunConfig config = smallRun("none", 1);
    config.train.precision = NumberFormat::Fp16;
    const TrainedRank half = train(config, fromProse(config)).front();
    config.train.precision = NumberFormat::Fp64;
    const TrainedRank exact = train(config, fromProse(config)).front();
    EXPECT_NEAR(half.steps[0].record.loss, exact.steps[0].record.loss, 5e-3);
    for (std::size_t step = 0; step < half.steps.size(); ++step) {
        if (!half.steps[step].note.empty()) continue;
        EXPECT_NEAR(half.steps[step].record.gradNorm / exact.steps[step].record.gradNorm, 1, 0.05);
        break;
    }
}

}  // namespace
}  // namespace ringscope
