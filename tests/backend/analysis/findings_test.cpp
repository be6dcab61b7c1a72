// Traces whose truth is known, because they were made up.
#include "backend/analysis/findings.h"
#include "backend/trace/trace.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

Span step(std::int64_t begin, std::int64_t end) { return {begin, end, {.kind = SpanKind::Step}}; }

Span attention(std::int64_t begin, std::int64_t end, int ringStep = 0) {
    return {begin,
            end,
            {.kind = SpanKind::Attention,
             .operation = Operation::Block,
             .pass = SpanPass::Forward,
             .layer = 0,
             .ringStep = ringStep}};
}

Span messageSpan(Operation operation, int peer, std::int64_t begin, std::int64_t end,
                 int ringStep = 0) {
    return {begin,
            end,
            {.kind = SpanKind::Transfer,
             .operation = operation,
             .pass = SpanPass::Forward,
             .layer = 0,
             .ringStep = ringStep,
             .peer = peer,
             .bytes = 100,
             .message = static_cast<std::uint32_t>(ringStep)}};
}

RankTrace rank(int number, std::vector<Span> spans) {
    RankTrace trace;
    trace.origin.rank = number;
    trace.origin.world = 2;
    trace.spans = std::move(spans);
    trace.complete = true;
    return trace;
}

TEST(Findings, SplitCommunicationIntoWaitAndTransferAtTheLaterEnd) {
    // Rank 1 is ready at 0, rank 0 sends at 60 only; the bytes move from 60 to 100.
    const RunFindings findings = analyze(mergeRanks(
        {rank(0, {step(0, 100), attention(0, 60), messageSpan(Operation::Send, 1, 60, 100)}),
         rank(1, {step(0, 100), attention(0, 20), messageSpan(Operation::Receive, 0, 0, 100)})}));
    const CommunicationFigures& early = findings.ranks[1].communication;
    EXPECT_EQ(early.comm, 100);
    EXPECT_EQ(early.wait + early.hiddenWait, 60);
    EXPECT_EQ(early.transfer, 40);
    EXPECT_EQ(early.hidden, 20);
    EXPECT_EQ(early.exposed, 80);
    EXPECT_EQ(early.wait, 40);
    EXPECT_EQ(early.hiddenWait, 20);
    EXPECT_EQ(findings.ranks[0].communication.wait, 0);
    EXPECT_EQ(findings.blame[0].causedWait, 40) << "what was hidden cost nothing";
    EXPECT_EQ(findings.blame[1].causedWait, 0);
    EXPECT_EQ(findings.unmatched, 0U);
    EXPECT_TRUE(findings.violations.empty());
}

TEST(Findings, ASendThatEndsBeforeItsReceiverCameWasAllWaiting) {
    const RunFindings findings =
        analyze(mergeRanks({rank(0, {step(0, 100), messageSpan(Operation::Send, 1, 0, 30)}),
                            rank(1, {step(0, 100), messageSpan(Operation::Receive, 0, 50, 90)})}));
    EXPECT_EQ(findings.ranks[0].communication.wait, 30);
    EXPECT_EQ(findings.ranks[0].communication.transfer, 0);
    EXPECT_EQ(findings.ranks[1].communication.transfer, 40);
}

TEST(Findings, ACollectiveMovesOnceTheLastRankHasPostedIt) {
    const auto gather = [](std::int64_t begin, std::int64_t end) {
        return Span(begin, end,
                    {.kind = SpanKind::Transfer,
                     .operation = Operation::AllGather,
                     .pass = SpanPass::Forward,
                     .layer = 0,
                     .bytes = 8});
    };
    const RunFindings findings = analyze(mergeRanks(
        {rank(0, {step(0, 50), gather(10, 50)}), rank(1, {step(0, 50), gather(35, 50)})}));
    EXPECT_EQ(findings.ranks[0].communication.wait, 25);
    EXPECT_EQ(findings.ranks[1].communication.wait, 0);
    EXPECT_EQ(findings.blame[1].causedWait, 25);
}

TEST(Findings, AMessageWithOneEndIsCountedNotGuessed) {
    const RunFindings findings =
        analyze(mergeRanks({rank(0, {step(0, 10)}),
                            rank(1, {step(0, 10), messageSpan(Operation::Receive, 0, 0, 8)})}));
    EXPECT_EQ(findings.unmatched, 1U);
    EXPECT_EQ(findings.ranks[1].communication.unpaired, 8);
    EXPECT_EQ(findings.ranks[1].communication.transfer, 0);
    EXPECT_FALSE(findings.splitsAll());
    EXPECT_EQ(findings.notes,
              (std::vector<std::string>{"1 message has no counterpart: the ranks have different "
                                        "counts of them: who came late to them, and when they "
                                        "began to move, is not known"}));
    EXPECT_TRUE(findings.violations.empty());
}

Span gather(std::int64_t begin, std::int64_t end, int firstOfGroup = -1) {
    return {begin,
            end,
            {.kind = SpanKind::Transfer,
             .operation = Operation::AllGather,
             .pass = SpanPass::Forward,
             .layer = 0,
             .peer = firstOfGroup,
             .bytes = 8}};
}

// Ranks 1 and 2 of four. Between 30 and 40 nothing of what is known moved.
std::vector<RankTrace> twoOfFour(std::vector<Span> first, std::vector<Span> second) {
    std::vector<RankTrace> ranks = {rank(1, std::move(first)), rank(2, std::move(second))};
    for (RankTrace& each : ranks) {
        each.origin.world = 4;
        each.origin.recorded = {1, 2};
    }
    return ranks;
}

TEST(Findings, OfSomeOfTheRanksSplitOnlyWhatBothEndsAreThereFor) {
    const RunFindings findings =
        analyze(mergeRanks(twoOfFour({step(0, 100), messageSpan(Operation::Send, 2, 0, 30),
                                      messageSpan(Operation::Receive, 0, 0, 50)},
                                     {step(0, 100), messageSpan(Operation::Receive, 1, 20, 30)})));
    const CommunicationFigures& first = findings.ranks[0].communication;
    EXPECT_EQ(first.comm, 50);
    EXPECT_EQ(first.transfer, 10) << "from 20 to 30 the message to rank 2 moved";
    EXPECT_EQ(first.unpaired, 40) << "else, rank 0's may have";
    EXPECT_EQ(first.wait, 0);
    EXPECT_EQ(findings.blame[1].causedWait, 0) << "while rank 0's may have moved, none waited";
    EXPECT_TRUE(findings.violations.empty()) << findings.violations.front();
    EXPECT_EQ(findings.notes.front(), "of 4 ranks, 1, 2 were to be recorded (profile.ranks)");
}

TEST(Findings, BlameNobodyForACollectiveThatARankIsMissingFrom) {
    const auto findingsOf = [](int firstOfGroup, std::vector<TraceGroup> groups) {
        std::vector<RankTrace> ranks = twoOfFour({step(0, 50), gather(10, 50, firstOfGroup)},
                                                 {step(0, 50), gather(35, 50, firstOfGroup)});
        for (RankTrace& each : ranks) each.origin.groups = groups;
        return analyze(mergeRanks(ranks));
    };
    for (const RunFindings& missing :
         {findingsOf(-1, {}), findingsOf(0, {{0, 3}}), findingsOf(1, {})}) {
        EXPECT_EQ(missing.ranks[0].communication.unpaired, 40);
        EXPECT_EQ(missing.ranks[0].communication.wait, 0);
        EXPECT_EQ(missing.blame[1].causedWait, 0);
    }
    const RunFindings whole = findingsOf(1, {{1, 2}});  // a group of these two alone
    EXPECT_EQ(whole.ranks[0].communication.wait, 25);
    EXPECT_EQ(whole.blame[1].causedWait, 25);
    EXPECT_TRUE(whole.splitsAll());
}

TEST(Findings, SeparateTheRingSteps) {
    const RunFindings findings =
        analyze(mergeRanks({rank(0, {step(0, 100), attention(0, 10, 0), attention(10, 40, 1),
                                     messageSpan(Operation::Send, 1, 0, 8, 0)}),
                            rank(1, {step(0, 100), messageSpan(Operation::Receive, 0, 2, 8, 0)})}));
    ASSERT_EQ(findings.ringSteps.size(), 3U);
    EXPECT_EQ(findings.ringSteps[0].attention, 10);
    EXPECT_EQ(findings.ringSteps[0].communication.hiddenWait, 2);
    EXPECT_EQ(findings.ringSteps[0].communication.wait, 0);
    EXPECT_EQ(findings.ringSteps[1].attention, 30);
    EXPECT_EQ(findings.ringSteps[1].communication.comm, 0);
}

TEST(Findings, SaysNothingAboutOverlapWhereNothingWasCommunicated) {
    const RunFindings findings = analyze(mergeRanks({rank(0, {step(0, 10), attention(2, 5)})}));
    EXPECT_FALSE(findings.ranks[0].overlapPercent().has_value());
    EXPECT_FALSE(findings.hiddenPercent().has_value());
    EXPECT_EQ(findings.ranks[0].idle, 7);
}

// On a GPU the host only asks: it posts at 5 and is done at 10, the kernels run later.
RankTrace onGpu(int number, std::vector<Span> kernels, std::vector<Span> messages) {
    RankTrace trace = rank(number, {step(0, 100), attention(5, 10)});
    trace.gpu = {{0, 1, 7, std::move(kernels)}, {0, 1, 20, std::move(messages)}};
    return trace;
}

TEST(Findings, TakeTheGpusTimesWhereThereAreAny) {
    // Rank 1's receive kernel starts at 20 and spins until rank 0's send kernel starts at 50.
    const RunFindings findings = analyze(
        mergeRanks({onGpu(0, {attention(10, 50), attention(60, 90)},
                          {messageSpan(Operation::Send, 1, 50, 70)}),
                    onGpu(1, {attention(10, 40)}, {messageSpan(Operation::Receive, 0, 20, 70)})}));
    const RankFigures& late = findings.ranks[0];
    EXPECT_TRUE(late.fromGpu);
    EXPECT_EQ(late.span, 100) << "steps stay the host's";
    EXPECT_EQ(late.attention, 70);
    EXPECT_EQ(late.communication.comm, 20);
    EXPECT_EQ(late.communication.hidden, 10);
    EXPECT_EQ(late.idle, 20);
    const CommunicationFigures& early = findings.ranks[1].communication;
    EXPECT_EQ(early.comm, 50);
    EXPECT_EQ(early.wait, 10) << "from 40, when its attention was done, to 50";
    EXPECT_EQ(early.hiddenWait, 20);
    EXPECT_EQ(early.transfer, 20);
    EXPECT_EQ(early.hidden, 20);
    EXPECT_EQ(early.exposed, 30);
    EXPECT_EQ(findings.blame[0].causedWait, 10);
    EXPECT_EQ(findings.unmatched, 0U);
    EXPECT_TRUE(findings.violations.empty());
    ASSERT_EQ(findings.ringSteps.size(), 2U);
    EXPECT_EQ(findings.ringSteps[0].attention, 70);
}

TEST(Findings, LeaveARankWithoutGpuRecordsToItsHost) {
    const RunFindings findings = analyze(
        mergeRanks({rank(0, {step(0, 100), attention(0, 60)}), onGpu(1, {attention(10, 40)}, {})}));
    EXPECT_FALSE(findings.ranks[0].fromGpu);
    EXPECT_EQ(findings.ranks[0].attention, 60);
    EXPECT_TRUE(findings.ranks[1].fromGpu);
    EXPECT_EQ(findings.ranks[1].attention, 30);
}

}  // namespace
}  // namespace ringscope
