#include "backend/report/writers.h"
#include "tests/backend/report/sample_report.h"
#include "tests/backend/report/tag_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

namespace ringscope::reporting {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Html, LoadsNothingFromAnywhere) {
    for (const Report& report : {sampleReport(), hostileReport()}) {
        const std::string page = writeHtml(report);
        for (const char* reach :
             {"http:", "https:", "//", "src=", "href=", "@import", "url(h", "<script", "<link",
              "<iframe", "<img", "javascript:", "data:", " onload=", " onerror=", " onclick="})
            EXPECT_THAT(page, Not(HasSubstr(reach)));
    }
}

TEST(Html, ForbidsTheBrowserToLoadAnything) {
    EXPECT_THAT(writeHtml(sampleReport()),
                HasSubstr("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                          "&#39;none&#39;; style-src &#39;unsafe-inline&#39;\"/>"));
}

TEST(Html, IsWellFormedWhateverTheRunsAreCalled) {
    EXPECT_EQ(tagProblem(writeHtml(sampleReport())), "");
    EXPECT_EQ(tagProblem(writeHtml(hostileReport())), "");
    EXPECT_EQ(tagProblem(writeHtml(reportOf({failedRun("ring")}))), "");
}

TEST(Html, ShowsHostileNamesAsText) {
    const std::string page = writeHtml(hostileReport());
    EXPECT_THAT(page, HasSubstr("<title>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"));
    EXPECT_THAT(page, Not(HasSubstr("\x1b")));
    EXPECT_THAT(page, Not(HasSubstr("\xff")));
}

TEST(Html, GivesEveryIdOnce) {
    const std::string page = writeHtml(sampleReport());
    std::set<std::string> seen;
    for (const std::string& id : allBetween(page, " id=\"", "\""))
        EXPECT_TRUE(seen.insert(id).second) << id;
    EXPECT_GE(seen.size(), 12U);  // fills of the modes in five charts
}

TEST(Html, RefersOnlyToIdsItHas) {
    const std::string page = writeHtml(sampleReport());
    const std::vector<std::string> references = allBetween(page, "url(#", ")");
    EXPECT_FALSE(references.empty());
    for (const std::string& reference : references)
        EXPECT_THAT(page, HasSubstr(" id=\"" + reference + "\""));
}

TEST(Html, ShowsWhatRingStepsAndMemoryWereSpentOn) {
    const std::string page = writeHtml(recordedReport());
    EXPECT_EQ(tagProblem(page), "");
    EXPECT_THAT(page, HasSubstr("a full cell is 14.0 ms in every picture"));
    EXPECT_THAT(page, HasSubstr("rank 1, forward ring step 0: attention 10.0 ms, exposed 4.00 ms, "
                                "3.00 ms of it wait"));
    EXPECT_THAT(page, HasSubstr("x=\"71.43%\" width=\"7.14%\""));   // the transfer behind attention
    EXPECT_THAT(page, HasSubstr("x=\"78.57%\" width=\"21.43%\""));  // the wait behind it
    EXPECT_THAT(page, HasSubstr("parameters 12.0 MiB, activations 36.0 MiB"));
    EXPECT_THAT(page, HasSubstr("48.0 MiB</td>"));
}

TEST(Html, DoesNotTellWaitFromTransferWhereClocksForbidIt) {
    Report report = recordedReport();
    for (Recording& recording : report.recordings) recording.splits = false;
    const std::string page = writeHtml(report);
    EXPECT_THAT(page, HasSubstr("exposed communication</span>"));
    EXPECT_THAT(page, Not(HasSubstr("of it wait")));
    EXPECT_THAT(page, HasSubstr("x=\"71.43%\" width=\"28.57%\""));
}

TEST(Html, FoldsThePicturesOfManyRecordings) {
    Report report = sampleReport();
    report.recordings.assign(20, sampleRecording("zigzag", "zigzag"));
    const std::string page = writeHtml(report);
    EXPECT_EQ(tagProblem(page), "");
    EXPECT_THAT(page, HasSubstr("<summary>12 more</summary>"));
}

TEST(Html, HasNoSectionForWhatNobodyRecorded) {
    const std::string page = writeHtml(sampleReport());
    EXPECT_THAT(page, Not(HasSubstr("Ring steps")));
    EXPECT_THAT(page, Not(HasSubstr("Memory by category")));
}

TEST(Html, DefinesEveryColourItUsesForLightAndDark) {
    const std::string page = writeHtml(sampleReport());
    const std::vector<std::string> used = allBetween(page, "var(", ")");
    const std::set<std::string> variables(used.begin(), used.end());
    EXPECT_TRUE(variables.contains("--mode-zigzag"));
    for (const std::string& variable : variables) {
        if (variable == "--labels" || variable == "--words") continue;  // widths, set at their use
        EXPECT_EQ(occurrences(page, variable + ":#"), 2U) << variable;
    }
}

TEST(Html, DrawsValidationsBesideTheLoss) {
    EXPECT_THAT(writeHtml(sampleReport()), Not(HasSubstr(", validation")));
    RunRecord run = finishedRun("zigzag", 45);
    run.validations = {{.step = 1, .loss = 2.5, .tokens = 64}};
    const std::string page = writeHtml(reportOf({finishedRun("legacy", 100), run}));
    EXPECT_THAT(page, HasSubstr("zigzag, validation"));
    EXPECT_THAT(page, Not(HasSubstr("legacy, validation")));
    EXPECT_THAT(page, HasSubstr("Loss of 2 configurations over training steps, and of data that is "
                                "kept out of training"));
    EXPECT_EQ(tagProblem(page), "");
}

TEST(Html, DrawsTheLossOfAContinuedRunAsOneLineAndMarksTheCut) {
    EXPECT_THAT(writeHtml(sampleReport()), Not(HasSubstr("stroke-dasharray=\"2 4\"")));
    const std::string page = writeHtml(reportOf({continuedRun("zigzag")}));
    EXPECT_EQ(occurrences(page, "stroke-dasharray=\"2 4\""), 1U);
    EXPECT_THAT(page, HasSubstr("A dotted line: a run goes on from another&#39;s checkpoint."));
    EXPECT_THAT(page, HasSubstr("goes on from id-ring at step 3"));
    EXPECT_THAT(page, HasSubstr("5.5")) << "the loss of the first run's first step";
    EXPECT_EQ(tagProblem(page), "");
}

TEST(Html, AnswersBeforeItShowsEvidence) {
    const std::string page = writeHtml(sampleReport());
    const std::size_t verdict = page.find("zigzag is 2.2 × legacy");
    ASSERT_NE(verdict, std::string::npos);
    EXPECT_LT(verdict, page.find("Before you rely on this"));
    EXPECT_LT(page.find("Before you rely on this"), page.find("<figure>"));
    EXPECT_LT(page.find("<figure>"), page.find("<table>"));
}

TEST(Html, GivesTheReasonInPlaceOfFiguresOfAFailedConfiguration) {
    const std::string page = writeHtml(sampleReport());
    EXPECT_THAT(page, HasSubstr("<td class=\"bad\" colspan=\"17\">did not finish: rank 1 was ended "
                                "by SIGKILL</td>"));
}

TEST(Html, NeverShowsZeroBytesForWhatIsNotKnown) {
    for (const auto& write : {writeHtml, writeMarkdown, writeJson}) {
        const std::string page = write(reportOf({silentRun("ring"), finishedRun("legacy", 100)}));
        EXPECT_THAT(page, Not(HasSubstr("0 B<")));
        EXPECT_THAT(page, Not(HasSubstr(" 0 B ")));
        EXPECT_THAT(page, Not(HasSubstr("_per_step\": 0")));
        EXPECT_THAT(page, Not(HasSubstr("peak_bytes\": 0")));
    }
}

TEST(Html, HasEverySectionARecordSupports) {
    const std::string page = writeHtml(sampleReport());
    for (const char* section : {"At a glance", "Comparison", "Loss", "Runs", "Settings",
                                "Environment", "How the figures are defined"})
        EXPECT_THAT(page, HasSubstr("<h2>" + std::string(section) + "</h2>"));
    EXPECT_THAT(page, Not(HasSubstr("<h2>Notes</h2>")));
    EXPECT_THAT(writeHtml(hostileReport()), HasSubstr("<h2>Notes</h2>"));
}

TEST(Html, MarksMeasuredTrafficThatThePlanDidNotPredict) {
    RunRecord ring = finishedRun("ring", 50);
    EXPECT_THAT(writeHtml(reportOf({ring})), HasSubstr("<td class=\"number muted\">4.00 MiB</td>"));
    ring.predictedAttentionBytesPerStep = {2'097'152};
    EXPECT_THAT(writeHtml(reportOf({ring})),
                HasSubstr("<td class=\"number caution\">2.00 MiB<small>measured +100.0 %"));
}

TEST(Html, OutlinesWhatWasPredictedAndMarksAPredictionThatIsFarOff) {
    RunRecord ring = finishedRun("ring", 50);
    EXPECT_THAT(writeHtml(reportOf({ring})), Not(HasSubstr("what was predicted")));
    ring.prediction = RunPrediction{.stepMs = 49};
    const std::string near = writeHtml(reportOf({ring}));
    EXPECT_THAT(near, HasSubstr("the outline is what was predicted"));
    EXPECT_THAT(near, HasSubstr("<td class=\"number muted\">49.0 ms<small>measured +2.0 %"));
    ring.prediction->stepMs = 40;
    EXPECT_THAT(writeHtml(reportOf({ring})),
                HasSubstr("<td class=\"number caution\">40.0 ms<small>measured +25.0 %"));
}

}  // namespace
}  // namespace ringscope::reporting
