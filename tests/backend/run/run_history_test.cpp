#include "backend/run/run_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;

std::vector<StepRecord> stepsFrom(std::int64_t first, std::int64_t end) {
    std::vector<StepRecord> steps;
    for (std::int64_t step = first; step < end; ++step)
        steps.push_back({.step = step, .loss = 1.0, .duration = seconds(1), .tokens = 100});
    return steps;
}

std::vector<std::int64_t> numbersOf(const RunHistory& history) {
    std::vector<std::int64_t> numbers;
    for (const StepRecord& step : history.steps) numbers.push_back(step.step);
    return numbers;
}

TEST(RunHistory, OfARunThatContinuesNoneIsTheRun) {
    RunRecord run;
    run.steps = stepsFrom(0, 3);
    run.startedUs = 1'000'000;
    run.endedUs = 6'000'000;
    const RunHistory history = historyOf(run);
    EXPECT_THAT(numbersOf(history), ElementsAre(0, 1, 2));
    EXPECT_TRUE(history.cuts.empty());
    EXPECT_EQ(history.tokens, 300);
    EXPECT_EQ(history.time, seconds(5)) << "with what is no step: the start, validations";
    EXPECT_EQ(history.lostSteps, 0);
}

TEST(RunHistory, JoinsTheStepsAndAddsUpWhatTheRunsTook) {
    RunRecord run;
    run.continues = Continuation{{"second"}, 5};
    run.steps = stepsFrom(5, 7);
    run.validations = {{.step = 6, .loss = 2.0, .tokens = 10}};
    run.startedUs = 20'000'000;
    run.endedUs = 24'000'000;
    run.lostSteps = 1;
    EarlierRun first{.id = {"first"}, .steps = stepsFrom(0, 4), .lostSteps = 2};
    first.validations = {{.step = 3, .loss = 3.0, .tokens = 10}};
    first.startedUs = 1'000'000;  // nobody saw its end
    run.earlier = {first, {.id = {"second"}, .steps = stepsFrom(4, 5)}};
    const RunHistory history = historyOf(run);
    EXPECT_THAT(numbersOf(history), ElementsAre(0, 1, 2, 3, 4, 5, 6));
    EXPECT_THAT(history.cuts, ElementsAre(4, 5));
    EXPECT_EQ(history.validations.size(), 2U);
    EXPECT_EQ(history.tokens, 700);
    EXPECT_EQ(history.time, seconds(4 + 1 + 4));
    EXPECT_EQ(history.lostSteps, 3);
    EXPECT_EQ(lostStepsOf(run), 3);
}

TEST(RunHistory, HasNoCutWhereWhatCameBeforeIsNotKnown) {
    RunRecord run;
    run.continues = Continuation{{"gone"}, 5};
    run.steps = stepsFrom(5, 7);
    EXPECT_TRUE(historyOf(run).cuts.empty());
    run.earlier = {{.id = {"gone"}}};  // its steps were not kept
    EXPECT_TRUE(historyOf(run).cuts.empty());
}

TEST(RunHistory, ARunGoesOnFromAllThatCameBeforeIt) {
    RunRecord run;
    EXPECT_FALSE(goesOnFrom(run, {"first"}));
    run.continues = Continuation{{"second"}, 5};
    EXPECT_TRUE(goesOnFrom(run, {"second"}));
    EXPECT_FALSE(goesOnFrom(run, {"first"}));
    run.earlier = {{.id = {"first"}}, {.id = {"second"}}};
    EXPECT_TRUE(goesOnFrom(run, {"first"}));
}

}  // namespace
}  // namespace ringscope
