#include "backend/run/overlap.h"

#include "backend/analysis/bandwidth.h"
#include "backend/analysis/findings.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

RankFigures figures(int rank, CommunicationFigures communication) {
    RankFigures of;
    of.rank = rank;
    of.communication = communication;
    return of;
}

TEST(Overlap, IsPerStepAndTheMeanOverRanks) {
    RunFindings findings;
    findings.steps = 2;
    findings.ranks = {figures(0, {.comm = 8'000'000,
                                  .hidden = 6'000'000,
                                  .exposed = 2'000'000,
                                  .wait = 0,
                                  .transfer = 8'000'000}),
                      figures(1, {.comm = 12'000'000,
                                  .hidden = 4'000'000,
                                  .exposed = 8'000'000,
                                  .wait = 3'000'000,
                                  .hiddenWait = 1'000'000,
                                  .transfer = 8'000'000})};
    findings.blame = {{0, 3'000'000}, {1, 0}};
    const std::optional<OverlapFigures> overlap = overlapFigures(findings, {});
    ASSERT_TRUE(overlap);
    EXPECT_EQ(*overlap, (OverlapFigures{2, 2.5, 0.75, 0.25, 4.0, 50.0, 0}));
}

Bandwidth bandwidth(Operation operation, std::int64_t bytes, std::int64_t duration,
                    std::int64_t transfer, double factor = 1) {
    Bandwidth of{.operation = operation, .count = 1, .bytes = bytes, .duration = duration};
    of.transfer = transfer;
    of.carried = static_cast<double>(bytes) * factor;
    of.busbw = of.carried / static_cast<double>(transfer);
    return of;
}

TEST(Overlap, HasOneBandwidthOverAllMessages) {
    RunFindings findings;
    findings.steps = 1;
    const OverlapFigures figures =
        overlapFigures(findings, {bandwidth(Operation::Send, 600, 100, 50),
                                  bandwidth(Operation::AllReduce, 200, 300, 150, 2)})
            .value();
    EXPECT_EQ(figures.algbw, 2.0) << "800 bytes in 400 ns";
    EXPECT_EQ(figures.busbw, 5.0) << "600 + 2 x 200 bytes in 200 ns";
}

TEST(Overlap, HasNoWaitsWhereTheTraceCannotTellThem) {
    RunFindings findings;
    findings.steps = 1;
    findings.ranks = {figures(1, {.comm = 8'000'000,
                                  .exposed = 8'000'000,
                                  .wait = 1'000'000,
                                  .transfer = 1'000'000,
                                  .unpaired = 6'000'000})};
    findings.blame = {{1, 1'000'000}};
    EXPECT_EQ(overlapFigures(findings, {}),
              (OverlapFigures{.steps = 1, .exposedMs = 8, .hiddenPercent = 0.0}));
    findings.ranks[0].communication.unpaired = 0;
    findings.clock.splits = false;
    EXPECT_EQ(overlapFigures(findings, {})->waitMs, std::nullopt) << "nor of unlike clocks";
    findings.clock.sentence = "too far apart: they agree within 1 s";
    EXPECT_EQ(whyUnsplit(findings),
              "of its trace the clocks are too far apart: they agree within 1 s");
    findings.clock.splits = true;
    EXPECT_EQ(whyUnsplit(findings), "") << "nothing is missing";
}

TEST(Overlap, NamesNoLateRankAndNoShareWhereNothingWasCommunicated) {
    RunFindings findings;
    findings.steps = 3;
    findings.ranks = {figures(0, {})};
    findings.blame = {{0, 0}};
    EXPECT_EQ(overlapFigures(findings, {}),
              (OverlapFigures{3, 0, 0, 0, 0, std::nullopt, std::nullopt}));
}

TEST(Overlap, IsNothingWhereNoStepWasRecorded) {
    EXPECT_EQ(overlapFigures(RunFindings{}, {}), std::nullopt);
}

TEST(Overlap, OfAFolderWithoutATraceSaysSo) {
    const test::TemporaryFolder folder;
    const auto overlap = readOverlap(folder.path());
    ASSERT_FALSE(overlap.ok());
    EXPECT_NE(overlap.error().message.find(folder.path().string()), std::string::npos);
}

}  // namespace
}  // namespace ringscope
