#include "ui/models/run_row.h"

#include "tests/ui/sample.h"

#include <gtest/gtest.h>

namespace ringscope::ui {
namespace {

using test::finishedRun;

TEST(RunRow, HasTheFiguresOfAFinishedRun) {
    const RunRow row = runRow(finishedRun("a", "zigzag", 100));
    EXPECT_EQ(row.mode, QStringLiteral("zigzag"));
    EXPECT_NEAR(row.tokensPerSecond.value(), 10'240, 1);
    EXPECT_NEAR(row.stepMs.value(), 100, 0.1);
    EXPECT_EQ(row.peakBytes.value(), 100LL << 20);
    EXPECT_EQ(row.progress, 1);
}

TEST(RunRow, HasNoFigureThatWasNotMeasured) {
    RunRecord queued = finishedRun("a", "ring", 100);
    queued.status = RunStatus::Queued;
    queued.steps.clear();
    queued.rankRecords.clear();
    const RunRow row = runRow(queued);
    EXPECT_FALSE(row.tokensPerSecond.has_value());
    EXPECT_FALSE(row.stepMs.has_value());
    EXPECT_FALSE(row.exposedMs.has_value());
    EXPECT_FALSE(row.peakBytes.has_value());
    EXPECT_EQ(row.progress, 0);
}

TEST(RunRow, CallsAReferenceOneWhateverItsParity) {
    RunRecord run = finishedRun("a", "none", 100);
    run.reference = true;
    EXPECT_EQ(runRow(run).parity, ParityWord::Reference);
    EXPECT_EQ(parityText(ParityWord::Reference), QStringLiteral("reference"));
    EXPECT_EQ(parityText(runRow(finishedRun("b", "ring", 100)).parity), QStringLiteral("–"));
}

TEST(RunRow, IsNeverMoreThanDone) {
    RunRecord run = finishedRun("a", "ring", 100, 4);
    run.config.train.steps = 2;
    EXPECT_EQ(runRow(run).progress, 1);
    run.config.train.steps = 0;
    EXPECT_EQ(runRow(run).progress, 1);
}

TEST(RunRow, HasNoProgressWhereOnlyTheDataKnowsHowManyStepsThereAre) {
    RunRecord run = finishedRun("a", "ring", 100, 4);
    run.status = RunStatus::Running;
    run.config.train.steps = 1'000'000;
    run.config.train.epochs = 2;
    EXPECT_FALSE(runRow(run).progress.has_value());
    EXPECT_EQ(stateText(runRow(run)), QStringLiteral("running"));
}

TEST(RunRow, SaysHowFarARunningRunIs) {
    RunRow row;
    row.status = RunStatus::Running;
    row.progress = 0.629;
    EXPECT_EQ(stateText(row), QStringLiteral("running 62 %"));
    row.status = RunStatus::Failed;
    EXPECT_EQ(stateText(row), QStringLiteral("failed"));
}

TEST(StartedText, OfARunThatHasNotStartedIsEmpty) {
    EXPECT_EQ(startedText(0), QString());
    EXPECT_FALSE(startedText(1'700'000'000'000'000).isEmpty());
}

}  // namespace
}  // namespace ringscope::ui
