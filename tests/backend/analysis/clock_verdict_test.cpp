#include "backend/analysis/clock_verdict.h"

#include "backend/analysis/findings.h"
#include "backend/trace/trace.h"
#include "tests/backend/trace/rank_of_two.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using test::rankOfTwo;
using ::testing::HasSubstr;

constexpr std::int64_t microsecond = 1000;

Span message(Operation operation, int peer, std::int64_t begin, std::int64_t end) {
    return {begin, end, {.kind = SpanKind::Transfer, .operation = operation, .peer = peer}};
}

// Rank 1 waits 60 us for rank 0; then 40 us are moved.
Trace waiting(std::int64_t clockError) {
    return mergeRanks(
        {rankOfTwo(0, {message(Operation::Send, 1, 60 * microsecond, 100 * microsecond)}),
         rankOfTwo(1, {message(Operation::Receive, 0, 0, 100 * microsecond)},
                   {{.local = 0, .reference = 0, .error = clockError}})});
}

TEST(ClockVerdict, LetsClocksThatAgreeWithinATenthOfATransferSplitIt) {
    const RunFindings findings = analyze(waiting(4 * microsecond));
    EXPECT_TRUE(findings.clock.splits);
    EXPECT_EQ(findings.clock.medianTransfer, 40 * microsecond);
    EXPECT_EQ(findings.ranks[1].communication.wait, 60 * microsecond);
    EXPECT_THAT(findings.clock.sentence, HasSubstr("agree within 4"));
}

TEST(ClockVerdict, RefusesTheSplitWhereTheyDoNotAndSaysWhy) {
    const RunFindings findings = analyze(waiting(5 * microsecond));
    EXPECT_FALSE(findings.clock.splits);
    EXPECT_THAT(findings.clock.sentence, HasSubstr("more than a tenth of the median transfer"));
    EXPECT_EQ(findings.ranks[1].communication.wait, 0);
    EXPECT_EQ(findings.ranks[1].communication.transfer, 100 * microsecond);
    EXPECT_EQ(findings.blame[0].causedWait, 0);
    EXPECT_EQ(findings.unmatched, 0U) << "both ends are there all the same";
}

TEST(ClockVerdict, KnowsAMessageThatArrivesBeforeItWasSent) {
    const RunFindings findings = analyze(mergeRanks(
        {rankOfTwo(0, {message(Operation::Send, 1, 500 * microsecond, 900 * microsecond)}),
         rankOfTwo(1, {message(Operation::Receive, 0, 0, 100 * microsecond)},
                   {{.local = 0, .reference = 0, .error = microsecond}})}));
    EXPECT_FALSE(findings.clock.splits);
    EXPECT_EQ(findings.clock.contradiction, 400 * microsecond);
    EXPECT_THAT(findings.clock.sentence, HasSubstr("before it was sent"));
}

// Ranks 0 and 1 are on one host, rank 2 on another; a send of rank 0 was stamped 300 us late.
TEST(ClockVerdict, TellsALateStampFromAWrongClock) {
    const auto late = [](std::int64_t early) {
        Span toOther = message(Operation::Send, 2, 500 * microsecond, 2'000 * microsecond);
        std::vector<RankTrace> ranks = {
            rankOfTwo(
                0, {message(Operation::Send, 1, 500 * microsecond, 2'000 * microsecond), toOther}),
            rankOfTwo(1, {message(Operation::Receive, 0, 0, 200 * microsecond)}),
            rankOfTwo(2, {message(Operation::Receive, 0, 0, 500 * microsecond - early)},
                      {{.local = 0, .reference = 0, .error = microsecond}})};
        for (RankTrace& each : ranks) each.origin.world = 3;
        return analyze(mergeRanks(std::move(ranks))).clock;
    };
    const ClockVerdict stamps = late(250 * microsecond);
    EXPECT_TRUE(stamps.splits);
    EXPECT_EQ(stamps.lateStamp, 300 * microsecond);
    EXPECT_EQ(stamps.contradiction, 250 * microsecond);
    EXPECT_EQ(stamps.sentence,
              "the ranks' clocks agree within 1.00 µs; under load a send was "
              "stamped up to 300 µs late");
    const ClockVerdict clocks = late(350 * microsecond);
    EXPECT_FALSE(clocks.splits) << "more than the late stamp explains";
    EXPECT_THAT(clocks.sentence, HasSubstr("wrong: a message arrives 350 µs before it was sent"));
}

TEST(ClockVerdict, DoesNotCompareRanksOfAnotherToolWithoutEvidence) {
    RankTrace first = rankOfTwo(0, {});
    RankTrace second = rankOfTwo(1, {});
    for (RankTrace* each : {&first, &second}) {
        each->origin.source = "kineto";
        SpanTag reduce{.kind = SpanKind::Transfer, .operation = Operation::AllReduce};
        each->gpu = {{0, 1, 7, {Span(10, 20, reduce)}}};
    }
    const RunFindings findings = analyze(mergeRanks({first, second}));
    EXPECT_FALSE(findings.clock.splits);
    EXPECT_THAT(findings.clock.sentence, HasSubstr("too few collectives"));
}

}  // namespace
}  // namespace ringscope
