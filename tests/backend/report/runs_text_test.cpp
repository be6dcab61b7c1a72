#include "backend/report/runs_text.h"

#include "backend/core/text.h"
#include "backend/report/wording.h"
#include "backend/run/run_history.h"
#include "tests/backend/compare/sample_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <ctime>

namespace ringscope {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class RunsText : public ::testing::Test {
protected:
    RunsText() {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
};

TEST_F(RunsText, ListsARunOnALineWithItsLocalTime) {
    RunRecord run = finishedRun("zigzag", 100);
    run.id = {"0123456789abcdef"};
    run.config.train.seqLen = 4096;
    EXPECT_EQ(runListText({run}),
              "id        started              experiment  name           host       ranks  "
              "seq len  tokens/s     peak  state\n"
              "01234567  2023-11-14 22:13:20  sample      sample/zigzag  localhost      2  "
              "  4,096    10,000  100 MiB  finished\n");
}

TEST_F(RunsText, ListsFewerColumnsOnANarrowTerminalAndCutsTheReason) {
    RunRecord run = failedRun("ring");
    run.id = {"0123456789abcdef"};
    EXPECT_EQ(runListText({run}, 60),
              "id        started              name         state\n"
              "01234567  2023-11-14 22:13:20  sample/ring  failed: rank 1 …\n");
    for (const int width : {60, 80, 100, 120})
        for (const std::string& line : split(runListText({run}, width), '\n'))
            EXPECT_LE(reporting::characters(line), static_cast<std::size_t>(width)) << line;
}

TEST_F(RunsText, ListsTagsWhereARunHasSomeAndMarksAPinnedOne) {
    RunRecord run = finishedRun("zigzag", 100);
    EXPECT_THAT(runListText({run}), Not(HasSubstr("tags")));
    run.tags = {"paper", "slow"};
    run.pinned = true;
    EXPECT_THAT(runListText({run}), HasSubstr("paper,slow"));
    EXPECT_THAT(runListText({run}), HasSubstr("* sample/zigzag"));
}

TEST_F(RunsText, ListsWhyARunDidNotFinish) {
    RunRecord run = failedRun("ring");
    run.reference = true;
    EXPECT_THAT(runListText({run}), EndsWith("failed (reference): rank 1 was ended by SIGKILL\n"));
}

TEST_F(RunsText, ListsNothingBelowTheHeadOfAnEmptyList) {
    EXPECT_THAT(runListText({}), StartsWith("id "));
    EXPECT_THAT(runListText({}), EndsWith("state\n"));
}

TEST_F(RunsText, ShowsTheFactsOfARunAndThenItsSteps) {
    const std::string text = runFactsText(finishedRun("zigzag", 100));
    EXPECT_THAT(text, StartsWith("sample/zigzag\n  id                          id-zigzag\n"));
    EXPECT_THAT(text, HasSubstr("\n  started                     2023-11-14 22:13:20\n"));
    EXPECT_THAT(text, HasSubstr("\n  attention bytes per step    4,194,304 measured, 4,194,304 "
                                "predicted\n"));
    EXPECT_THAT(text, HasSubstr("\n  parity with one rank        loss within 2.0e-07, gradient "
                                "norm within 3.0e-06 over 5 steps\n"));
    EXPECT_THAT(text, EndsWith("\n      4      4.500000      1.500000       100.0\n"));
}

TEST_F(RunsText, ShowADashForWhatARunThatFailedNeverSaid) {
    const std::string text = runFactsText(silentRun("ring"));
    EXPECT_THAT(text, HasSubstr("\n  peak memory of a rank       –\n"));
    EXPECT_THAT(text, HasSubstr("\n  attention bytes per step    – measured, 4,194,304 "
                                "predicted\n"));
    EXPECT_THAT(text, HasSubstr("\n  gradient bytes per step     – measured, 1,048,576 "
                                "predicted\n"));
    EXPECT_THAT(runListText({silentRun("ring")}), Not(HasSubstr("0 B")));
}

TEST_F(RunsText, ShowsCommunicationOnlyWhereStepsWereRecorded) {
    EXPECT_THAT(runFactsText(finishedRun("ring", 100)), Not(HasSubstr("communication per step")));
    RunRecord run = withOverlap(finishedRun("ring", 100), 12.5, 4);
    run.overlap->busbw.reset();
    const std::string text = runFactsText(run);
    EXPECT_THAT(text, HasSubstr("communication per step      12.5 ms exposed, 4.00 ms of it wait, "
                                "25.0 % hidden, 1.00 ms hidden wait"));
    EXPECT_THAT(text, Not(HasSubstr("busbw")));
}

TEST_F(RunsText, ShowsThePredictionAndHowFarTheStepWasFromIt) {
    RunRecord run = finishedRun("zigzag", 45);
    EXPECT_THAT(runFactsText(run), Not(HasSubstr("predicted step")));
    run.prediction = RunPrediction{50, 3.5, 0.5, "a processor", "2026-11-30"};
    EXPECT_THAT(runFactsText(run),
                HasSubstr("predicted step              50.0 ms, 3.50 ms of it exposed, 0.5 ms of "
                          "that wait; measured -10.0 %\n"));
    run.prediction.reset();
    run.unpredicted = "it runs on GPUs";
    EXPECT_THAT(runFactsText(run),
                HasSubstr("predicted step              none: it runs on GPUs\n"));
}

TEST_F(RunsText, ShowsOneHistoryOfARunThatGoesOnFromAnother) {
    EXPECT_EQ(historyWords(finishedRun("zigzag", 100)), "");
    const RunRecord run = continuedRun("zigzag");
    EXPECT_EQ(historyWords(run),
              "5 steps and 5,000 tokens in 4.50 s with id-ring (ring, 2 ranks); 1 step lost");
    const std::string text = runFactsText(run);
    EXPECT_THAT(text, HasSubstr("  history                     5 steps and 5,000 tokens"));
    EXPECT_THAT(text, HasSubstr("      2      5.000000      1.500000       200.0\n"
                                "      –  goes on from a checkpoint\n"
                                "      3      4.750000"));
}

TEST_F(RunsText, SayWhatOfAHistoryIsNotInTheStore) {
    RunRecord run = continuedRun("zigzag");
    run.earlier.clear();
    EXPECT_EQ(historyWords(run),
              "2 steps and 2,000 tokens in 2.50 s; 0 steps lost; what came before step 3 is not in "
              "this store");
    EXPECT_THAT(runFactsText(run), Not(HasSubstr("goes on from a checkpoint")));
    RunRecord tried = finishedRun("zigzag", 100);
    tried.lostSteps = 2;
    EXPECT_EQ(historyWords(tried), "5 steps and 5,000 tokens in 2.50 s; 2 steps lost");
}

TEST_F(RunsText, CountsTheParametersThatTrainBesideTheModels) {
    RunRecord run = finishedRun("zigzag", 100);
    run.trainedParameters = run.parameters;
    EXPECT_THAT(runFactsText(run), Not(HasSubstr("train beside")));
    run.trainedParameters = 24'576;
    EXPECT_THAT(runFactsText(run), HasSubstr("3,000,000 parameters, 24,576 train beside them"));
}

TEST(OutcomeWords, AreTheFiguresOfAFinishedRunOrTheReason) {
    EXPECT_EQ(outcomeWords(finishedRun("ring", 100)),
              "10,000 tokens/s, 100.0 ms a step, loss 4.5000");
    EXPECT_EQ(outcomeWords(failedRun("ring")), "failed: rank 1 was ended by SIGKILL");
    RunRecord silent = failedRun("ring");
    silent.statusReason.clear();
    EXPECT_EQ(outcomeWords(silent), "failed");
    RunRecord without = finishedRun("ring", 100);
    without.steps.clear();
    EXPECT_EQ(outcomeWords(without), "finished");
}

TEST(StepWords, FillTheBarByTheStepsThatAreDone) {
    const StepRecord step{.step = 4, .loss = 4.5, .duration = Nanos(500'000'000), .tokens = 1000};
    EXPECT_EQ(stepWords(step, 10), "▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░ 5/10  loss 4.5000  2,000 tokens/s");
    EXPECT_THAT(stepWords(step, 0), StartsWith("░░░░░░░░░░░░░░░░░░░░ 5/0"));
    EXPECT_THAT(stepWords(step, 2), StartsWith("▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ 5/2"));
}

TEST(StepWords, NameNoTotalThatOnlyTheDataKnows) {
    const StepRecord step{.step = 4, .loss = 4.5, .duration = Nanos(500'000'000), .tokens = 1000};
    RunRecord run = finishedRun("ring", 100);
    run.config.train.steps = 1'000'000;
    EXPECT_EQ(stepsInAll(run), 1'000'000);
    run.config.train.epochs = 2;
    EXPECT_EQ(stepWords(step, stepsInAll(run)), "step 5  loss 4.5000  2,000 tokens/s");
}

TEST(TokensPerSecond, OfAStepWithoutTimeAreNone) {
    EXPECT_EQ(tokensPerSecond({.tokens = 1000}), 0);
    EXPECT_EQ(tokensPerSecond({.duration = Nanos(250'000'000), .tokens = 1000}), 4000);
}

}  // namespace
}  // namespace ringscope
