// The learning rate's course and AdamW's settings: against transformers and torch
// (tests/peers/lr_schedules.py), and in training, whatever ranks divide.
#include "backend/config/field_table.h"
#include "backend/plan/learning_rate.h"
#include "kernels/train/adamw.h"
#include "tests/kernels/train/training.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::fromProse;
using test::smallRun;
using test::train;

nlohmann::json recorded() { return nlohmann::json::parse(std::ifstream(RINGSCOPE_LR_SCHEDULES)); }

TrainConfig trainingOf(const nlohmann::json& fields) {
    RunConfig config;
    for (const auto& [key, value] : fields.items())
        EXPECT_TRUE(findField("train." + key)
                        ->set(config, value.is_string() ? value.get<std::string>() : value.dump())
                        .ok())
            << key;
    return config.train;
}

TEST(LearningRate, IsWhatTransformersHasInEveryStep) {
    const nlohmann::json answers = recorded();
    const double lr = answers["lr"];
    ASSERT_GE(answers["schedules"].size(), 11U);
    for (const nlohmann::json& course : answers["schedules"]) {
        const TrainConfig train = trainingOf(course["train"]);
        ASSERT_EQ(std::ssize(course["lr"]), train.steps);
        for (std::int64_t step = 0; step < train.steps; ++step)
            EXPECT_NEAR(lr * learningRateShare(train, step),
                        course["lr"][static_cast<std::size_t>(step)].get<double>(), 1e-15)
                << course["train"] << " step " << step;
    }
}

TEST(LearningRate, OfWsdFallsInTheLastTenthUnlessToldOtherwise) {
    TrainConfig train{.steps = 40, .lrSchedule = LrSchedule::Wsd};
    EXPECT_EQ(decaySteps(train), 4);
    EXPECT_EQ(learningRateShare(train, 36), 1);
    EXPECT_EQ(learningRateShare(train, 37), 0.75);
    EXPECT_EQ(learningRateShare(train, 39), 0.25);
    train.steps = 3;
    EXPECT_EQ(decaySteps(train), 1);
}

TEST(LearningRate, OfEveryCourseStaysBetweenNothingAndAll) {
    for (const auto& [schedule, name] : lrSchedules)
        for (const std::int64_t warmup : {0, 1, 7, 20, 30})
            for (const double final : {0.0, 0.3, 1.0}) {
                const TrainConfig train{
                    .steps = 20, .lrSchedule = schedule, .lrWarmup = warmup, .lrFinal = final};
                for (std::int64_t step = 0; step < 25; ++step) {
                    const double share = learningRateShare(train, step);
                    EXPECT_GE(share, step < warmup ? 0 : final) << name << " step " << step;
                    EXPECT_LE(share, 1) << name << " step " << step;
                }
                if (warmup > 0) {
                    EXPECT_EQ(learningRateShare(train, 0), 0) << name;
                }
            }
}

at::Tensor made(std::int64_t stream, std::int64_t count) {
    at::Tensor values = at::empty({count}, at::kDouble);
    for (std::int64_t i = 0; i < count; ++i)
        values[i] = std::cos(static_cast<double>(1 + 7 * stream + 3 * i));
    return values;
}

TEST(AdamW, WithAMatrixThatDecaysAndAVectorThatDoesNotIsTorchsWithTwoGroups) {
    const nlohmann::json answers = recorded()["adamw"];
    const std::int64_t matrix = answers["matrix"];
    const std::int64_t vector = std::ssize(answers["after"][0]) - matrix;
    const TrainConfig train = trainingOf(answers["train"]);
    const AdamWOptions options{.lr = answers["lr"],
                               .beta1 = answers["beta1"],
                               .beta2 = answers["beta2"],
                               .eps = answers["eps"],
                               .weightDecay = answers["weight_decay"]};
    const std::vector<ElementRange> ranges{{.begin = 0, .count = matrix},
                                           {.begin = matrix, .count = vector, .decayed = false}};
    AdamW optimizer(matrix + vector, options, at::TensorOptions().dtype(at::kDouble), ranges);
    at::Tensor values = at::cat({made(0, matrix), made(1, vector)});
    for (std::int64_t step = 0; step < train.steps; ++step) {
        const at::Tensor gradient =
            at::cat({made(2 + 2 * step, matrix), made(3 + 2 * step, vector)});
        optimizer.step(values, gradient, 1, learningRateShare(train, step));
        const std::vector<double> expected = answers["after"][static_cast<std::size_t>(step)];
        for (std::size_t i = 0; i < expected.size(); ++i)
            EXPECT_NEAR(values[static_cast<std::int64_t>(i)].item<double>(), expected[i], 1e-14)
                << "step " << step << " element " << i;
    }
}

// One step with and without decay: what the decay alone changed.
std::vector<double> decayOf(RunConfig config) {
    config.train.steps = 1;
    config.train.weightDecay = 0;
    const std::vector<double> plain = train(config, fromProse(config)).front().parameters;
    config.train.weightDecay = 0.5;
    std::vector<double> changes = train(config, fromProse(config)).front().parameters;
    for (std::size_t i = 0; i < changes.size(); ++i) changes[i] -= plain[i];
    return changes;
}

TEST(WeightDecay, ShrinksMatricesAloneOrAllWhateverRanksDivide) {
    for (const std::int64_t zero : {0, 1, 2, 3})
        for (const OptimizerKind kind : {OptimizerKind::AdamW, OptimizerKind::AdamW8bit}) {
            RunConfig config = smallRun("ring", 2);
            config.memory.zero = zero;
            config.train.optimizer = kind;
            if (kind == OptimizerKind::AdamW8bit) {
                config.train.precision = NumberFormat::Fp32;
                config.model.vocabSize = 256;  // so that the embedding has states in 8 bits
            }
            const RunPlan plan = planRun(config).value();
            const std::vector<double> matrices = decayOf(config);
            config.train.decayed = DecayedWeights::All;
            const std::vector<double> all = decayOf(config);
            for (const ParameterSpec& spec : parameterList(plan.config.model, plan.layers)) {
                double ofMatrices = 0;
                double ofAll = 0;
                for (std::int64_t i = 0; i < spec.elements(); ++i) {
                    const auto at = static_cast<std::size_t>(spec.offset + i);
                    ofMatrices += std::abs(matrices[at]);
                    ofAll += std::abs(all[at]);
                }
                const std::string what = spec.name + " with zero " + std::to_string(zero) +
                                         " and " + std::string(nameOf(kind));
                EXPECT_GT(ofAll, 0) << what;
                EXPECT_EQ(ofMatrices, spec.shape.size() > 1 ? ofAll : 0) << what;
            }
        }
}

TEST(Recipe, ReachesTheOptimizerAndIsTheSameWhateverRanksDivide) {
    RunConfig alone = smallRun("none", 1);
    alone.train.steps = 5;
    alone.train.lrSchedule = LrSchedule::Cosine;
    alone.train.lrWarmup = 2;
    alone.train.beta1 = 0.7;
    alone.train.beta2 = 0.8;
    alone.train.eps = 1e-3;
    alone.train.weightDecay = 0.2;
    const auto reference = train(alone, fromProse(alone)).front();
    RunConfig plain = smallRun("none", 1);
    plain.train.steps = 5;
    const auto other = train(plain, fromProse(plain)).front();
    EXPECT_EQ(reference.steps[1].record.loss == other.steps[1].record.loss, false);
    for (const std::int64_t zero : {0, 1, 2, 3}) {
        RunConfig config = alone;
        config.parallel.mode = "zigzag";
        config.parallel.sp = 2;
        config.memory.zero = zero;
        const auto trained = train(config, fromProse(config)).front();
        for (std::size_t step = 0; step < 5; ++step)
            EXPECT_NEAR(trained.steps[step].record.loss, reference.steps[step].record.loss, 1e-11)
                << "zero " << zero << " step " << step;
    }
}

TEST(Recipe, ChangesNothingInAStepWithoutALearningRate) {
    RunConfig config = smallRun("ring", 2);
    config.train.lrWarmup = 4;
    config.train.steps = 2;
    config.train.weightDecay = 0.5;
    const auto batch = fromProse(config);
    const auto same = [&](std::int64_t, std::int64_t number) { return batch(0, number); };
    const auto steps = train(config, same).front().steps;
    EXPECT_EQ(steps[0].record.loss, steps[1].record.loss) << "the first step has rate 0";
}

// Every mode finds the loss with smoothing and z-loss, and its gradients.
TEST(LossRule, HoldsAlikeInEveryMode) {
    RunConfig alone = smallRun("none", 1);
    alone.train.labelSmoothing = 0.2;
    alone.train.zLoss = 0.05;
    const auto reference = train(alone, fromProse(alone)).front();
    RunConfig plain = smallRun("none", 1);
    EXPECT_GT(std::abs(train(plain, fromProse(plain)).front().steps[0].record.loss -
                       reference.steps[0].record.loss),
              1e-3);
    for (const std::string& mode : test::shardedModes()) {
        RunConfig config = alone;
        config.parallel.mode = mode;
        config.parallel.sp = 2;
        config.memory.tileLoss = 7;
        const auto trained = train(config, fromProse(config)).front();
        for (std::size_t step = 0; step < 4; ++step) {
            EXPECT_NEAR(trained.steps[step].record.loss, reference.steps[step].record.loss, 1e-10)
                << mode << " step " << step;
            EXPECT_NEAR(trained.steps[step].record.gradNorm, reference.steps[step].record.gradNorm,
                        1e-9)
                << mode << " step " << step;
        }
    }
}

}  // namespace
}  // namespace ringscope
