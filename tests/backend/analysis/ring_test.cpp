// A planned ring: what the analysis finds is what was planted.
#include "backend/analysis/attention_slowdown.h"
#include "backend/analysis/bandwidth.h"
#include "backend/analysis/critical_path.h"
#include "backend/analysis/executed_mode.h"
#include "backend/analysis/findings.h"
#include "backend/analysis/rank_sets.h"
#include "backend/analysis/step_parts.h"
#include "backend/analysis/top_spans.h"
#include "backend/analysis/trace_diff.h"
#include "backend/trace/trace.h"
#include "tests/backend/analysis/made_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using test::madeRing;
using test::RingPlan;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::int64_t millisecond = 1'000'000;

TEST(PlannedRing, BlamesTheSlowRank) {
    for (int slow : {0, 1, 2, 3}) {
        const RunFindings findings =
            analyze(mergeRanks(madeRing({.slow = slow, .slowBy = 3 * millisecond})));
        const auto late = std::ranges::max_element(findings.blame, {}, &Blame::causedWait);
        EXPECT_EQ(late->rank, slow);
        EXPECT_TRUE(findings.violations.empty());
        EXPECT_EQ(findings.unmatched, 0U);
    }
}

TEST(PlannedRing, WithEqualRanksHasNoWaitAndHidesItsTransfers) {
    const RunFindings findings = analyze(mergeRanks(madeRing({})));
    for (const RankFigures& rank : findings.ranks) {
        EXPECT_EQ(rank.communication.wait, 0);
        EXPECT_EQ(rank.communication.exposed, 0);
        EXPECT_EQ(rank.attention, 3 * 2 * 4 * millisecond);
        EXPECT_EQ(rank.communication.transfer, 3 * 2 * 3 * 200'000);
    }
}

TEST(StepParts, AddUpToTheSteps) {
    for (std::int64_t transfer : {50'000, 900'000, 2'500'000}) {
        const Trace trace =
            mergeRanks(madeRing({.transfer = transfer, .slow = 2, .slowBy = 700'000}));
        const TrustedMeetings trusted = trustedMeetings(trace);
        for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
            const RankSets sets = rankSets(trace.ranks[r], trusted.meetings[r]);
            const StepParts parts = stepParts(trace.ranks[r], trusted.meetings[r], sets);
            EXPECT_EQ(parts.sum(), parts.steps) << "rank " << r << ", transfer " << transfer;
            EXPECT_EQ(parts.waitingForAll(),
                      lengthOf(intersectionOf(sets.communication.wait, sets.steps)));
        }
    }
}

TEST(CriticalPath, OfARingWithASlowRankRunsThroughThatRank) {
    const Trace trace = mergeRanks(madeRing({.slow = 2, .slowBy = 3 * millisecond}));
    const CriticalPath path = criticalPath(trace, trustedMeetings(trace));
    EXPECT_EQ(path.length(), trace.end - trace.begin);
    for (std::size_t i = 1; i < path.pieces.size(); ++i)
        EXPECT_EQ(path.pieces[i].when.begin, path.pieces[i - 1].when.end);
    const auto most = std::ranges::max_element(path.shares, {}, &PathShare::total);
    EXPECT_EQ(most->rank, 2);
    EXPECT_GT(most->total, path.length() * 3 / 4);
}

TEST(CriticalPath, EndsWhereEveryoneWaitsForEveryoneAtOneMoment) {
    // Both post at 10 what the other wants since 0, twice: neither leads anywhere.
    const auto message = [](Operation operation, int peer, std::int64_t begin, std::uint32_t id) {
        return Span(
            begin, 20,
            {.kind = SpanKind::Transfer, .operation = operation, .peer = peer, .message = id});
    };
    std::vector<RankTrace> ranks(2);
    for (int r : {0, 1}) {
        RankTrace& rank = ranks[static_cast<std::size_t>(r)];
        rank.origin.rank = r;
        rank.origin.world = 2;
        const std::uint32_t mine = r == 0 ? 0 : 1;
        rank.spans = {Span(0, 20, {.kind = SpanKind::Step}),
                      message(Operation::Receive, 1 - r, 0, mine),
                      message(Operation::Send, 1 - r, 10, 1 - mine)};
    }
    const Trace trace = mergeRanks(ranks);
    const CriticalPath path = criticalPath(trace, trustedMeetings(trace));
    EXPECT_EQ(path.length(), 20);
}

TEST(ExecutedMode, IsReadFromTheMessages) {
    std::vector<RankTrace> ranks = madeRing({});
    for (RankTrace& rank :
         ranks) {  // a ring goes backward with gradients; here it is enough to be there
        std::vector<Span> back;
        for (const Span& span : rank.spans) {
            SpanTag tag = span.tag();
            if (tag.ringStep < 0) continue;
            tag.pass = SpanPass::Backward;
            back.emplace_back(span.begin(), span.end(), tag);
        }
        rank.spans.insert(rank.spans.end(), back.begin(), back.end());
    }
    const ExecutedMode ring = executedMode(mergeRanks(ranks));
    EXPECT_TRUE(ring.known);
    EXPECT_DOUBLE_EQ(ring.traffic.forward.at(Operation::Send), 3);
    EXPECT_TRUE(ring.agrees);
    EXPECT_EQ(ring.name(), "ring");
    EXPECT_EQ(executedMode(mergeRanks({ranks[1], ranks[2]})).name(), "ring") << "of some ranks";
    for (RankTrace& rank : ranks) rank.origin.mode = "ulysses";
    const ExecutedMode other = executedMode(mergeRanks(ranks));
    EXPECT_FALSE(other.agrees);
    EXPECT_THAT(other.name(), HasSubstr("ring"));
    EXPECT_THAT(other.sentence(), HasSubstr("ulysses was configured"));
}

TEST(Bandwidth, TellsWhatALinkCarriedFromWhatWaitingLeftOfIt) {
    const Trace trace = mergeRanks(madeRing({.slow = 1, .slowBy = 2 * millisecond}));
    const std::vector<Bandwidth> all = bandwidths(trace, trustedMeetings(trace));
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].operation, Operation::Send);
    EXPECT_EQ(all[0].count, 4 * 3 * 2 * 3);
    EXPECT_DOUBLE_EQ(*all[0].busbw, static_cast<double>(1 << 20) / 200'000);
    EXPECT_LT(*all[0].algbw, *all[0].busbw);
    EXPECT_DOUBLE_EQ(*together(all)->busbw, *all[0].busbw);
    EXPECT_EQ(together({}), std::nullopt);
}

TEST(Bandwidth, LeavesMessagesWithAnEndThatIsNotThereOutOfTheLinksRate) {
    const std::vector<RankTrace> ranks = madeRing({.slow = 1, .slowBy = 2 * millisecond});
    const Trace some = mergeRanks({ranks[1], ranks[2]});
    const std::vector<Bandwidth> all = bandwidths(some, trustedMeetings(some));
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].count, 2 * 3 * 2 * 3);
    EXPECT_EQ(all[0].transfer, 3 * 2 * 3 * 200'000) << "rank 1's to rank 2 alone";
    EXPECT_DOUBLE_EQ(*all[0].busbw, static_cast<double>(1 << 20) / 200'000);
    const Trace one = mergeRanks({ranks[1]});
    EXPECT_EQ(bandwidths(one, trustedMeetings(one))[0].busbw, std::nullopt);
}

TEST(AttentionSlowdown, HoldsBlocksBesideMessagesAgainstTheSameWithout) {
    const auto block = [](std::int64_t begin, std::int64_t length, int step) {
        return Span(begin, begin + length,
                    {.kind = SpanKind::Attention,
                     .operation = Operation::Block,
                     .pass = SpanPass::Forward,
                     .step = step,
                     .layer = 0,
                     .ringStep = 1});
    };
    RankTrace rank;
    rank.complete = true;
    rank.spans = {Span(0, 130, {.kind = SpanKind::Transfer, .operation = Operation::AllGather}),
                  block(0, 130, 0), block(1000, 100, 1), block(2000, 100, 2)};
    const Trace trace = mergeRanks({rank});
    const auto slowdown = attentionSlowdown(trace, trustedMeetings(trace));
    ASSERT_TRUE(slowdown.has_value());
    EXPECT_EQ(slowdown->beside, 1);
    EXPECT_EQ(slowdown->alone, 2);
    EXPECT_NEAR(slowdown->percent, 30, 1e-9);
    rank.spans.erase(rank.spans.begin());
    const Trace alone = mergeRanks({rank});
    EXPECT_FALSE(attentionSlowdown(alone, trustedMeetings(alone)).has_value());
}

TEST(TopSpans, AddUpWhatHasOneName) {
    const std::vector<TopSpan> top = topSpans(mergeRanks(madeRing({})));
    ASSERT_FALSE(top.empty());
    EXPECT_EQ(top[0].name, "block forward");
    EXPECT_EQ(top[0].count, 4 * 3 * 2 * 4);
    EXPECT_EQ(top[0].total, 4 * 3 * 2 * 4 * millisecond);
}

TEST(TraceDiff, ExplainsAllOfTheDifferenceAndNamesWhoWasWaitedFor) {
    const Trace slow = mergeRanks(madeRing({.slow = 3, .slowBy = 2 * millisecond}));
    const Trace even = mergeRanks(madeRing({}));
    const TraceDiff diff = diffTraces(slow, "ring", even, "zigzag");
    double sum = 0;
    for (const DiffEffect& effect : diff.effects) sum += effect.change();
    EXPECT_NEAR(sum, diff.change(), 1);
    EXPECT_LT(diff.change(), 0);
    EXPECT_EQ(diff.effects.front().what, "wait for rank 3");
    EXPECT_THAT(diff.sentence(), StartsWith("zigzag saves "));
    EXPECT_THAT(diff.sentence(), HasSubstr("less wait for rank 3"));
    for (std::size_t i = 1; i < diff.effects.size(); ++i)
        EXPECT_GE(std::abs(diff.effects[i - 1].change()), std::abs(diff.effects[i].change()));
    EXPECT_EQ(diff.steps.size(), 3U);
    ASSERT_FALSE(diff.places.empty());
    EXPECT_TRUE(diff.notes.empty());
}

TEST(TraceDiff, OfATraceWithItselfIsNothing) {
    const Trace trace = mergeRanks(madeRing({.slow = 0, .slowBy = millisecond}));
    const TraceDiff diff = diffTraces(trace, "a", trace, "b");
    for (const DiffEffect& effect : diff.effects) EXPECT_EQ(effect.change(), 0) << effect.what;
    EXPECT_THAT(diff.sentence(), StartsWith("a and b take the same time per step"));
}

}  // namespace
}  // namespace ringscope
