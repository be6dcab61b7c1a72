#include "backend/run/run_record.h"

#include <gtest/gtest.h>
#include <cmath>
#include <limits>

namespace ringscope {
namespace {

RunRecord runWithDurations(const std::vector<int>& milliseconds, std::int64_t warmup = 0) {
    RunRecord run;
    run.config.train.warmupSteps = warmup;
    for (const int ms : milliseconds)
        run.steps.push_back({.step = std::ssize(run.steps),
                             .duration = std::chrono::milliseconds(ms),
                             .tokens = 100});
    return run;
}

TEST(RunStatus, HasANameThatReadsBack) {
    for (int status = 0; status <= static_cast<int>(RunStatus::Lost); ++status) {
        const auto value = static_cast<RunStatus>(status);
        EXPECT_EQ(statusFromName(statusName(value)), value);
    }
    EXPECT_EQ(statusName(RunStatus::Cancelled), "cancelled");
    EXPECT_EQ(statusFromName("canceled"), std::nullopt);
}

TEST(RunStatus, IsFinalWhenNothingMoreWillHappen) {
    for (const RunStatus status :
         {RunStatus::Queued, RunStatus::Starting, RunStatus::Running, RunStatus::Stopping})
        EXPECT_FALSE(isFinal(status));
    for (const RunStatus status :
         {RunStatus::Finished, RunStatus::Failed, RunStatus::Cancelled, RunStatus::Lost})
        EXPECT_TRUE(isFinal(status));
}

TEST(RunSpeed, LeavesTheWarmUpOut) {
    const auto speed = runSpeed(runWithDurations({9'000, 100, 300}, 1));
    ASSERT_TRUE(speed);
    EXPECT_DOUBLE_EQ(speed->tokensPerSecond, 500);  // 200 tokens in 400 ms
    EXPECT_DOUBLE_EQ(speed->stepMedianMs, 200);
    EXPECT_DOUBLE_EQ(speed->stepP95Ms, 300);
}

TEST(RunSpeed, TakesMedianAndP95ByRank) {
    std::vector<int> durations;
    for (int ms = 40; ms >= 1; --ms) durations.push_back(ms);
    const auto speed = runSpeed(runWithDurations(durations));
    EXPECT_DOUBLE_EQ(speed->stepMedianMs, 20.5);
    EXPECT_DOUBLE_EQ(speed->stepP95Ms, 38);  // 95 % of 40 values are 38
    EXPECT_DOUBLE_EQ(runSpeed(runWithDurations({7}))->stepP95Ms, 7);
}

TEST(RunSpeed, IsNothingWithoutAMeasuredStep) {
    EXPECT_FALSE(runSpeed(runWithDurations({})));
    EXPECT_FALSE(runSpeed(runWithDurations({5}, 1)));
    EXPECT_FALSE(runSpeed(runWithDurations({0})));
}

TEST(RunFigures, AreThoseOfTheBusiestRank) {
    RunRecord run;
    EXPECT_EQ(peakMemory(run), Bytes{0});
    run.rankRecords = {{.peakMemory = {5}, .attentionBytesPerStep = {1}},
                       {.peakMemory = {4}, .attentionBytesPerStep = {2}}};
    run.rankRecords[0].gradientBytesPerStep = {9};
    EXPECT_EQ(peakMemory(run), Bytes{5});
    EXPECT_EQ(measuredAttentionBytes(run), Bytes{2});
    EXPECT_EQ(measuredGradientBytes(run), Bytes{9});
}

RunRecord runWithLosses(const std::vector<double>& losses, std::int64_t first = 0) {
    RunRecord run;
    run.id = {"id"};
    for (const double loss : losses)
        run.steps.push_back(
            {.step = first + std::ssize(run.steps), .loss = loss, .gradNorm = 2 * loss});
    return run;
}

TEST(Parity, IsTheLargestRelativeDifferenceOfAStep) {
    const auto parity = parityWith(runWithLosses({5.0, 4.4, 3.0}), runWithLosses({5.0, 4.0, 2.9}));
    ASSERT_TRUE(parity);
    EXPECT_EQ(parity->reference.text, "id");
    EXPECT_EQ(parity->steps, 3);
    EXPECT_NEAR(parity->maxLossDiff, 0.1, 1e-12);
    EXPECT_NEAR(parity->maxGradNormRelDiff, 0.1, 1e-12);
}

TEST(Parity, ComparesTheStepsBothHaveDone) {
    EXPECT_EQ(parityWith(runWithLosses({1, 2, 3}), runWithLosses({2, 3}, 1))->steps, 2);
    EXPECT_EQ(parityWith(runWithLosses({1, 2, 3}), runWithLosses({2, 3}, 1))->maxLossDiff, 0);
    EXPECT_FALSE(parityWith(runWithLosses({1}), runWithLosses({2}, 1)));
    EXPECT_FALSE(parityWith(runWithLosses({}), runWithLosses({})));
}

TEST(Parity, NeverCallsANaNTheSameAsANumber) {
    const double nan = std::nan("");
    EXPECT_EQ(parityWith(runWithLosses({nan}), runWithLosses({nan}))->maxLossDiff, 0);
    EXPECT_TRUE(std::isinf(parityWith(runWithLosses({nan}), runWithLosses({1}))->maxLossDiff));
    EXPECT_TRUE(std::isinf(parityWith(runWithLosses({1}), runWithLosses({nan}))->maxLossDiff));
}

}  // namespace
}  // namespace ringscope
