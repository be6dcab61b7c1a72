#include "backend/simulate/prediction.h"

#include "backend/simulate/symmetry.h"
#include "tests/backend/simulate/planned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

using ::testing::HasSubstr;

const Machine& machine() {
    static const Machine h100 = findMachine("h100-8x").value();
    return h100;
}

StepTimes everyLayerOf(const RunPlan& plan) {
    const StepCosts costs = StepCosts::of(plan, machine(), {}).value();
    const Symmetry symmetry = symmetryOf(costs).value();
    const SimulatedStep step =
        simulateStep(tapesOf(costs, symmetry, wholeStep(plan)), machine(), false);
    return {.stepNanos = step.nanos, .mean = step.mean()};
}

TEST(Prediction, AFewLayersTellWhatAllOfThemTake) {
    for (const char* mode : {"ring", "zigzag", "ulysses", "usp", "llama3", "ring-allgather"})
        for (const bool divided : {true, false}) {
            SCOPED_TRACE(mode);
            RunConfig config = llama8b();
            config.train.seqLen = 32768;
            config.train.gradAccum = 5;
            if (!divided) config.memory = {};
            const RunPlan plan = plannedOn(config, machine(), mode, 8);
            const StepTimes few = predictTimes(plan, machine()).value();
            const auto all = static_cast<double>(everyLayerOf(plan).stepNanos);
            EXPECT_NEAR(static_cast<double>(few.stepNanos) / all, 1, 0.005);
            EXPECT_EQ(few.mean.step(), few.stepNanos);
        }
}

TEST(Prediction, FlopsSayWhatTheyCount) {
    const RunPlan plan = plannedOn(llama8b(), machine(), "zigzag", 8);
    const StepFlops flops = stepFlops(plan);
    // 12 h S (S + 1) and 24 h S² of attention: half of the pairs, and all of them.
    const double attention = 14.0 * 65536 * 65536 * 32 * 128 * 32;
    EXPECT_NEAR((flops.full - flops.causal) / (attention / 2), 1, 1e-3);
    EXPECT_NEAR(flops.withRecompute / flops.causal, 4.0 / 3, 0.06);
}

TEST(Prediction, AKernelOrATypeWithoutATableIsRefused) {
    RunConfig config = llama8b();
    const RunPlan plan = plannedOn(config, machine(), "zigzag", 8);
    EXPECT_THAT(predictRun(plan, machine(), "fa9").error().message,
                HasSubstr("has no attention kernel 'fa9'; it has fa3, fa2, cudnn, sdpa"));
    config.train.precision = NumberFormat::Fp64;
    EXPECT_THAT(predictRun(plannedOn(config, machine(), "zigzag", 8), machine()).error().message,
                HasSubstr("use train.precision bf16 or fp16"));
}

TEST(Prediction, OfWhatASimulatedStepLeavesOutIsRefused) {
    RunConfig config = llama8b();
    config.attention.pattern = {.kind = PatternKind::BlockSparse, .block = 1024, .local = 1};
    EXPECT_THAT(predictRun(plannedOn(config, machine(), "zigzag", 8), machine()).error().message,
                HasSubstr("attention.pattern: times are predicted of dense attention alone"));
    config.attention.pattern = {};
    config.adapter.kind = AdapterKind::Lora;
    EXPECT_THAT(predictRun(plannedOn(config, machine(), "zigzag", 8), machine()).error().message,
                HasSubstr("adapter.kind: times are predicted of trainings of all parameters"));
}

TEST(Prediction, RanksThatDoNotDivideIntoGroupsAreRefused) {
    RunConfig config = llama8b();
    config.parallel.dp = 3;
    EXPECT_THAT(onMachine(config, machine(), 8).error().message,
                HasSubstr("8 ranks do not divide into parallel.dp 3 groups"));
}

TEST(Prediction, MoreRanksThanARunMayHaveArePlanned) {
    RunConfig config = llama8b();
    config.parallel.dp = 1250;
    const RunPlan plan = plannedOn(config, machine(), "zigzag", 10000);
    const Prediction prediction = predictRun(plan, machine()).value();
    EXPECT_EQ(prediction.ranks, 10000);
    EXPECT_EQ(prediction.sequenceRanks, 8);
    EXPECT_EQ(prediction.tokens, 65536 * 1250);
    EXPECT_FALSE(planRun(plan.config).ok());
}

TEST(Prediction, ActivationsOnTheHostCostWhatTheyMoveOrAreHidden) {
    RunConfig config = llama8b();
    const RunPlan kept = plannedOn(config, machine(), "ulysses", 8);
    config.memory.offloadActivations = OffloadPlace::Host;
    const RunPlan moved = plannedOn(config, machine(), "ulysses", 8);
    const StepTimes before = predictTimes(kept, machine()).value();
    EXPECT_GE(predictTimes(moved, machine()).value().stepNanos, before.stepNanos);
    Machine slow = machine();
    slow.host.memoryBandwidth /= 100;
    const StepTimes waiting = predictTimes(moved, slow).value();
    EXPECT_GT(waiting.mean.moves, before.stepNanos);
}

}  // namespace
}  // namespace ringscope::test
