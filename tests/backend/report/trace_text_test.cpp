#include "backend/report/trace_text.h"

#include "tests/backend/report/made_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(TraceInfoText, HasALineForEachRankAndBelowItItsSpans) {
    TraceContents contents;
    contents.begin = 0;
    contents.end = 3'000'000;
    RankContents rank;
    rank.origin.rank = 1;
    rank.origin.world = 2;
    rank.origin.mode = "ring";
    rank.origin.host = "node1";
    rank.hostSpans = 1'200;
    rank.gpu = {{.device = 0, .context = 1, .stream = 7, .spans = 34}};
    contents.ranks = {rank};
    contents.notes = {"rank 0 left no trace"};
    EXPECT_EQ(traceInfoText(contents),
              "1,234 spans of 1 rank over 3.00 ms\n"
              "rank 1 of 2: recorded by Ringscope, mode ring, host node1\n"
              "    host: 1,200 spans\n"
              "    GPU 0 stream 7: 34 spans\n"
              "note: rank 0 left no trace\n");
}

TEST(TraceInfoText, NamesTheToolThatRecordedIt) {
    TraceContents contents;
    contents.ranks.resize(2);
    contents.ranks[0].origin.source = "the PyTorch profiler";
    EXPECT_THAT(traceInfoText(contents), HasSubstr("recorded by the PyTorch profiler"));
    EXPECT_THAT(traceInfoText(contents), StartsWith("0 spans of 2 ranks over "));
}

TEST(RingStepText, HasARowForEachRankAndAColumnForEachRingStep) {
    const std::string text = ringStepText(analyze(madeTrace()));
    EXPECT_THAT(text, StartsWith("forward attention\nrank     step 0     step 1\n   0 "));
    EXPECT_THAT(text, HasSubstr("\nforward exposed communication\n"));
    EXPECT_THAT(text, HasSubstr("\nforward wait\n"));
    EXPECT_THAT(text, HasSubstr("\nforward hidden wait\n"));
    EXPECT_THAT(text, Not(HasSubstr("backward")));
    EXPECT_THAT(text, HasSubstr("means over 3 recorded steps."));
}

TEST(RingStepText, SaysWhyItIsEmpty) {
    EXPECT_EQ(ringStepText({}),
              "This trace has no ring steps: only traces that ringscope recorded name them.\n");
}

std::vector<TopSpan> threeSpans() {
    return {{.name = "gemm",
             .kind = SpanKind::Compute,
             .gpu = true,
             .count = 4,
             .total = 3'000'000,
             .longest = 900'000},
            {.name = "softmax",
             .kind = SpanKind::Compute,
             .gpu = true,
             .count = 2,
             .total = 1'000'000,
             .longest = 600'000},
            {.name = std::string(100, 'x'),
             .kind = SpanKind::Host,
             .count = 1,
             .total = 500'000,
             .longest = 500'000}};
}

TEST(TopSpansText, SharesTheTimeOfItsGpuOrHost) {
    const std::string text = topSpansText(threeSpans(), 20);
    EXPECT_THAT(text, HasSubstr("\ngpu   compute         3.00    75.0          4         750"
                                "         900  gemm\n"));
    EXPECT_THAT(text, HasSubstr("\nhost  host             0.5   100.0"));
}

TEST(TopSpansText, CutsLongNames) {
    EXPECT_THAT(topSpansText(threeSpans(), 20), EndsWith(" " + std::string(89, 'x') + "…\n"));
}

TEST(TopSpansText, CountsTheNamesItLeavesOut) {
    EXPECT_THAT(topSpansText(threeSpans(), 1),
                EndsWith("gemm\nand 2 more names; -n shows more of them\n"));
    EXPECT_THAT(topSpansText({}, 20), EndsWith("name\n"));
}

TEST(TraceDiffText, HasTheStepLastAndTheNotesAtTheEnd) {
    TraceDiff diff;
    diff.before = "ring";
    diff.after = "zigzag";
    diff.stepBefore = 10e6;
    diff.stepAfter = 7e6;
    diff.effects = {{.what = "wait for rank 1", .before = 4e6, .after = 1e6},
                    {.what = "nothing to speak of", .before = 100, .after = 200}};
    diff.places = {{.layer = 0,
                    .pass = SpanPass::Forward,
                    .ringStep = 1,
                    .attentionBefore = 1e6,
                    .attentionAfter = 2e6}};
    diff.notes = {"not the same computation"};
    const std::string text = traceDiffText(diff);
    EXPECT_THAT(text, StartsWith(diff.sentence() + "\n\nms per step "));
    EXPECT_THAT(text, HasSubstr("\nwait for rank 1                 4.00        1.00       -3.00\n"
                                "step                            10.0        7.00       -3.00\n"));
    EXPECT_THAT(text, Not(HasSubstr("nothing to speak of")));
    EXPECT_THAT(text, HasSubstr("0 forward 1                        1.00 -> 2.00"));
    EXPECT_THAT(text, EndsWith("The parts add up to the step.\nnote: not the same computation\n"));
}

TEST(TraceDiffText, NamesTenPlacesAndCountsTheOthers) {
    TraceDiff diff;
    diff.places.resize(12);
    EXPECT_THAT(traceDiffText(diff), HasSubstr("and 2 more in --json and --csv\n"));
}

}  // namespace
}  // namespace ringscope
