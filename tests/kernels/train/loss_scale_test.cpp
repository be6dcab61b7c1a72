#include "kernels/train/loss_scale.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(LossScale, StaysOneWhereTheRangeOfTheFormatIsWide) {
    LossScale scale = LossScale::none();
    EXPECT_TRUE(scale.stepped(true));
    EXPECT_FALSE(scale.stepped(false));
    EXPECT_EQ(scale.value(), 1);
}

TEST(LossScale, IsHalvedByAStepThatDidNotFit) {
    LossScale scale = LossScale::dynamic();
    EXPECT_TRUE(scale.stepped(false));
    EXPECT_EQ(scale.value(), LossScale::first / 2);
}

TEST(LossScale, IsDoubledAfterEnoughGoodStepsInARow) {
    LossScale scale = LossScale::dynamic();
    const auto goodSteps = [&](std::int64_t count) {
        for (std::int64_t step = 0; step < count; ++step) EXPECT_TRUE(scale.stepped(true));
    };
    goodSteps(LossScale::goodStepsToGrow - 1);
    EXPECT_TRUE(scale.stepped(false));
    goodSteps(LossScale::goodStepsToGrow - 1);
    EXPECT_EQ(scale.value(), LossScale::first / 2);
    goodSteps(1);
    EXPECT_EQ(scale.value(), LossScale::first);
}

TEST(LossScale, FailsWhereItIsTheLeastAlready) {
    LossScale scale = LossScale::dynamic();
    int halved = 0;
    while (scale.stepped(false)) ++halved;
    EXPECT_EQ(halved, 16);
    EXPECT_EQ(scale.value(), LossScale::least);
}

}  // namespace
}  // namespace ringscope
