#include "ui/live/run_feed.h"

#include "tests/ui/sample.h"

#include <gtest/gtest.h>
#include <thread>

namespace ringscope::ui {
namespace {

class Feed : public testing::Test {
protected:
    void addSteps(const RunRecord& run, int count) {
        for (int step = 0; step < count; ++step)
            ASSERT_TRUE(feed.step(run, {.step = step, .loss = 1}).ok());
    }

    int wakes = 0;
    RunFeed feed{[this] { ++wakes; }};
    RunRecord run = test::finishedRun("a", "ring", 100);
};

TEST_F(Feed, WakesTheWindowOnceUntilTheNewsAreTaken) {
    ASSERT_TRUE(feed.created(run).ok());
    addSteps(run, 3);
    EXPECT_EQ(wakes, 1);
    EXPECT_EQ(feed.take().steps.size(), 3U);
    EXPECT_TRUE(feed.take().empty());
    addSteps(run, 1);
    EXPECT_EQ(wakes, 2);
}

TEST_F(Feed, HoldsOneRecordOfARunHoweverOftenItChanges) {
    const RunRecord other = test::finishedRun("b", "zigzag", 100);
    ASSERT_TRUE(feed.created(run).ok());
    ASSERT_TRUE(feed.created(other).ok());
    for (int i = 0; i < 1'000; ++i) {
        run.statusReason = "change " + std::to_string(i);
        ASSERT_TRUE(feed.changed(run).ok());
    }
    const LiveNews news = feed.take();
    ASSERT_EQ(news.runs.size(), 2U);
    EXPECT_EQ(news.runs[0].id, run.id);
    EXPECT_EQ(news.runs[0].statusReason, "change 999");
    EXPECT_EQ(news.runs[1].id, other.id);
}

TEST_F(Feed, HoldsTheNewestStepsAndCountsThoseItLeavesOut) {
    const int more = 5;
    addSteps(run, static_cast<int>(RunFeed::keptSteps) + more);
    const LiveNews news = feed.take();
    EXPECT_EQ(news.steps.size(), RunFeed::keptSteps);
    EXPECT_EQ(news.steps.front().step.step, more);
    ASSERT_EQ(news.stepsDropped.size(), 1U);
    EXPECT_EQ(news.stepsDropped.at(run.id), more);
    EXPECT_TRUE(feed.take().stepsDropped.empty());
}

TEST_F(Feed, HandsOverWhatValidationsFound) {
    ASSERT_TRUE(feed.validation(run, {.step = 3, .loss = 2.5, .tokens = 64}).ok());
    const LiveNews news = feed.take();
    EXPECT_FALSE(news.empty());
    ASSERT_EQ(news.validations.size(), 1U);
    EXPECT_EQ(news.validations.front().run, run.id);
    EXPECT_EQ(news.validations.front().found.loss, 2.5);
    EXPECT_TRUE(feed.take().empty());
}

TEST_F(Feed, HoldsTheNewestLinesAndCountsThoseItLeavesOut) {
    for (std::size_t i = 0; i < RunFeed::keptLines + 2; ++i)
        ASSERT_TRUE(feed.logLine(run, 1, "line " + std::to_string(i)).ok());
    const LiveNews news = feed.take();
    EXPECT_EQ(news.lines.size(), RunFeed::keptLines);
    EXPECT_EQ(news.lines.front(), "sample/ring rank 1: line 2");
    EXPECT_EQ(news.linesDropped, 2);
}

TEST_F(Feed, SaysWhichLinesTheAgentPrinted) {
    ASSERT_TRUE(feed.logLine(run, -1, "rank 0 ended").ok());
    EXPECT_EQ(feed.take().lines.front(), "sample/ring agent: rank 0 ended");
}

TEST_F(Feed, LosesNothingOfTwoThreads) {
    constexpr int each = 2'000;
    std::jthread writer([&] { addSteps(run, each); });
    std::size_t taken = 0;
    while (taken < each) taken += feed.take().steps.size();
    EXPECT_EQ(taken, static_cast<std::size_t>(each));
}

}  // namespace
}  // namespace ringscope::ui
