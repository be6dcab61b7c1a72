#include "backend/run/step_merge.h"

#include "tests/backend/run/fakes.h"

#include <gtest/gtest.h>
#include <cmath>

namespace ringscope {
namespace {

using std::chrono::milliseconds;
using test::stepOf;

TEST(StepMerge, AStepIsCompleteWithTheLastRanksReportAndLastsAsLongAsTheSlowest) {
    StepMerge merge(2);
    EXPECT_FALSE(merge.add(stepOf(0, 0, 5)).value());
    const std::optional<StepRecord> step = merge.add(stepOf(1, 0, 5)).value();
    ASSERT_TRUE(step);
    EXPECT_EQ(step->step, 0);
    EXPECT_EQ(step->loss, 5);
    EXPECT_EQ(step->duration, milliseconds(11));
    EXPECT_EQ(step->tokens, 64);
}

TEST(StepMerge, ARankMayRunAhead) {
    StepMerge merge(2);
    for (int step = 0; step < 3; ++step) EXPECT_FALSE(merge.add(stepOf(1, step, 5)).value());
    for (int step = 0; step < 3; ++step)
        EXPECT_EQ(merge.add(stepOf(0, step, 5)).value()->step, step);
    EXPECT_EQ(merge.complete(), 3);
}

TEST(StepMerge, CountsOnFromTheStepThatARunGoesOnWith) {
    StepMerge merge(1, 50);
    EXPECT_FALSE(merge.add(stepOf(0, 0, 5)).ok());
    EXPECT_EQ(merge.add(stepOf(0, 50, 5)).value()->step, 50);
    EXPECT_EQ(merge.reportedBy(0), 51);
}

TEST(StepMerge, SaysWhoDisagreesOnWhat) {
    StepMerge merge(3);
    ASSERT_TRUE(merge.add(stepOf(0, 0, 5)).ok());
    ASSERT_TRUE(merge.add(stepOf(1, 0, 5)).ok());
    const auto step = merge.add(stepOf(2, 0, 5.001));
    ASSERT_FALSE(step.ok());
    EXPECT_EQ(step.error().message,
              "the ranks disagree on the loss of step 0: rank 0 has 5, rank 2 has 5.001");
}

TEST(StepMerge, ARoundingErrorIsNoDisagreementAndNaNAgreesWithItself) {
    StepMerge merge(2);
    ASSERT_TRUE(merge.add(stepOf(0, 0, 5)).ok());
    EXPECT_TRUE(merge.add(stepOf(1, 0, 5 * (1 + 5e-7))).value());
    ASSERT_TRUE(merge.add(stepOf(0, 1, std::nan(""))).ok());
    EXPECT_TRUE(merge.add(stepOf(1, 1, std::nan(""))).value());
    ASSERT_TRUE(merge.add(stepOf(0, 2, 1)).ok());
    EXPECT_FALSE(merge.add(stepOf(1, 2, std::nan(""))).ok());
}

TEST(StepMerge, RefusesASkippedAndARepeatedStep) {
    StepMerge merge(1);
    EXPECT_EQ(merge.add(stepOf(0, 1, 5)).error().message,
              "rank 0 reported step 1 where step 0 was due");
    ASSERT_TRUE(merge.add(stepOf(0, 0, 5)).ok());
    EXPECT_FALSE(merge.add(stepOf(0, 0, 5)).ok());
}

}  // namespace
}  // namespace ringscope
