#include "backend/report/analysis_text.h"

#include "tests/backend/report/made_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(AnalysisText, HasALineForEachRankInMillisecondsOfAStep) {
    const std::string text = analysisText(bareAnalysis());
    EXPECT_THAT(text,
                StartsWith("rank    step ms  attention    compute     hidden    exposed       "
                           "wait  hidden wait   transfer       idle  hidden %\n"
                           "   0      10.00       4.00       5.00       1.50       0.50"
                           "          -            -          -       0.00      75.0\n"));
}

TEST(AnalysisText, SaysNothingOfWaitsWhereTheClocksDoNotTell) {
    const std::string text = analysisText(bareAnalysis());
    EXPECT_THAT(text, Not(HasSubstr("others waited for")));
    EXPECT_THAT(text, HasSubstr("Means over 2 recorded steps. hidden + exposed is all "
                                "communication.\nclocks: the clocks are not known.\n"));
}

TEST(AnalysisText, NamesTheRankThatTheOthersWaitedFor) {
    const std::string text = analysisText(analyzeAll(madeTrace()));
    EXPECT_THAT(text, HasSubstr("\nothers waited for\n   0       0.00 ms\n   1       1.07 ms\n"));
    EXPECT_THAT(text, HasSubstr("hidden + exposed is all communication, and so is wait + "
                                "hidden wait + transfer.\n"));
    EXPECT_THAT(text, HasSubstr("\nimbalance: the busiest rank computes 16.7 % more"));
}

TEST(AnalysisText, SharesTheCriticalPathOutToItsRanks) {
    TraceAnalysis analysis = bareAnalysis();
    analysis.path.shares = {{.rank = 0, .total = 6}, {.rank = 1, .total = 4}};
    EXPECT_THAT(analysisText(analysis), HasSubstr("\ncritical path, % of "));
    analysis.path.shares.pop_back();
    EXPECT_THAT(analysisText(analysis), Not(HasSubstr("critical path")));
}

TEST(AnalysisText, HasAColumnForWhatHasNoOtherEndOnlyWhereThereIsSome) {
    TraceAnalysis analysis = bareAnalysis();
    EXPECT_THAT(analysisText(analysis), Not(HasSubstr("unpaired")));
    analysis.findings.clock.splits = true;
    analysis.findings.ranks[0].communication.unpaired = 2'000'000;
    EXPECT_THAT(analysisText(analysis), HasSubstr("   transfer   unpaired       idle"));
    EXPECT_THAT(analysisText(analysis), HasSubstr("wait + hidden wait + transfer + unpaired"));
}

TEST(AnalysisText, LooksAtAnotherToolsTraceAsAWhole) {
    TraceAnalysis analysis = bareAnalysis();
    analysis.findings.source = "nsys";
    analysis.variants.resize(1);
    const std::string text = analysisText(analysis);
    EXPECT_THAT(text, StartsWith("rank    span ms"));
    EXPECT_THAT(text, HasSubstr("\n   0      20.00"));
    EXPECT_THAT(text, HasSubstr("\nas other tools count it, ms\n"));
    EXPECT_THAT(text, HasSubstr("\nOf the whole trace, as nsys recorded it; hidden"));
}

TEST(AnalysisText, SaysWhereMemoryWasAtItsPeakAndWhatWasLargestThen) {
    TraceAnalysis analysis = bareAnalysis();
    MemoryPeak peak;
    peak.rank = 0;
    peak.step = 1;
    peak.held[static_cast<std::size_t>(MemoryCategory::Activations)] = 20 << 20;
    peak.largest.push_back(
        {.bytes = 20 << 20, .step = 1, .layer = 3, .category = MemoryCategory::Activations});
    analysis.memory = {peak};
    const std::string text = analysisText(analysis);
    EXPECT_THAT(text, HasSubstr("\nmemory at its peak\nrank      total  step"));
    EXPECT_THAT(text, HasSubstr("largest on rank 0 then: 20.0 MiB activations of step 1, layer 3"));
    EXPECT_THAT(text, Not(HasSubstr("from its GPU's driver")));
}

TEST(AnalysisText, NamesTheDearestRecordingAndEndsWithTheNotes) {
    TraceAnalysis analysis = bareAnalysis();
    analysis.recording = {{.rank = 0, .spanNs = 40, .spansPerStep = 100, .percentOfStep = 0.01},
                          {.rank = 1, .spanNs = 45, .spansPerStep = 412, .percentOfStep = 0.25}};
    analysis.findings.notes = {"rank 1 left no trace"};
    EXPECT_THAT(analysisText(analysis),
                EndsWith("recording cost rank 1 the most: 412 spans a step, 45 ns each: 0.25 % of "
                         "it.\nnote: rank 1 left no trace\n"));
}

TEST(AnalysisText, OfNoRankIsAHeadAndItsSentences) {
    const std::string text = analysisText({});
    EXPECT_THAT(text, StartsWith("rank "));
    EXPECT_THAT(text, HasSubstr("Means over 0 recorded steps."));
}

}  // namespace
}  // namespace ringscope
