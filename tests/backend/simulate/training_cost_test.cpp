#include "backend/simulate/training_cost.h"

#include "tests/backend/simulate/planned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(TrainingCost, StepsHoursMoneyAndFailuresFollowFromAStep) {
    const Machine machine = findMachine("h100-8x").value();
    RunConfig config = llama8b();
    config.parallel.dp = 8;
    const RunPlan plan = plannedOn(config, machine, "ulysses", 64);
    const TrainingCost cost = trainingCost(plan, machine, 1'000'000'000'000).value();
    EXPECT_EQ(cost.steps, (1'000'000'000'000 + 8 * 65536 - 1) / (8 * 65536));
    EXPECT_NEAR(cost.computeDays, cost.steps * cost.step.seconds() / 86400, 1e-9);
    EXPECT_GT(cost.days, cost.computeDays);
    EXPECT_NEAR(*cost.usd, cost.deviceHours * machine.price->perDeviceHour, 1e-6);
    EXPECT_NEAR(*cost.failures, cost.deviceHours / machine.failures->deviceHours, 1e-9);
    EXPECT_THAT(cost.sentences.front(), StartsWith("Can be done: "));
}

TEST(TrainingCost, CheckpointsComeAsOftenAsFailuresWantThem) {
    const Machine machine = findMachine("h100-8x").value();
    const TrainingCost few =
        trainingCost(plannedOn(llama8b(), machine, "ulysses", 8), machine, 1LL << 40).value();
    RunConfig wide = llama8b();
    wide.parallel.dp = 512;
    const TrainingCost many =
        trainingCost(plannedOn(wide, machine, "ulysses", 4096), machine, 1LL << 40).value();
    EXPECT_LT(*many.everySeconds, *few.everySeconds);
    EXPECT_GT(*many.lostShare, *few.lostShare);
}

TEST(TrainingCost, WhatDoesNotFitIsSaidFirst) {
    const Machine machine = findMachine("a100-40-8x").value();
    RunConfig config = llama8b();
    config.train.seqLen = 1 << 20;
    config.memory = {};
    const TrainingCost cost =
        trainingCost(plannedOn(config, machine, "ulysses", 8), machine, 1LL << 40).value();
    EXPECT_THAT(cost.sentences.front(), StartsWith("Cannot: a rank needs "));
    EXPECT_THAT(
        trainingCost(plannedOn(config, machine, "ulysses", 8), machine, 1000).error().message,
        HasSubstr("are fewer than the 1,048,576 of one step"));
}

}  // namespace
}  // namespace ringscope::test
