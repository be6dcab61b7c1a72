// Windows against the whole, against each other, and against counting nanosecond by nanosecond.
#include "backend/analysis/window.h"
#include "backend/trace/trace.h"

#include <gtest/gtest.h>
#include <random>
#include <string>

namespace ringscope {
namespace {

std::int64_t randomBelow(std::mt19937& random, std::int64_t limit) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
}

std::vector<Interval> randomIntervals(std::mt19937& random, int count) {
    std::vector<Interval> intervals;
    for (int i = 0; i < count; ++i) {
        const std::int64_t begin = randomBelow(random, 200);
        intervals.push_back({begin, begin + randomBelow(random, 20)});
    }
    return intervals;
}

// Two ranks that compute, wait and exchange messages at random, also of one end only.
Trace randomTrace(std::mt19937& random) {
    std::vector<RankTrace> ranks(3);
    for (int r = 0; r < 3; ++r) {
        RankTrace& rank = ranks[static_cast<std::size_t>(r)];
        rank.origin.rank = r;
        rank.origin.world = 3;
        rank.spans.emplace_back(1000, 1400, SpanTag{.kind = SpanKind::Step});
        for (int i = 0; i < 60; ++i) {
            const std::int64_t begin = 1000 + randomBelow(random, 380);
            SpanTag tag{.kind = static_cast<SpanKind>(randomBelow(random, 6)), .ringStep = i % 3};
            if (tag.kind == SpanKind::Transfer) {
                tag.operation = i % 2 == 0 ? Operation::Send : Operation::Receive;
                tag.peer = (r + (i % 2 == 0 ? 1 : 2)) % 3;
                tag.bytes = 64;
                tag.message = static_cast<std::uint32_t>(randomBelow(random, 4));
            }
            rank.spans.emplace_back(begin, begin + randomBelow(random, 40), tag);
        }
    }
    return mergeRanks(std::move(ranks));
}

WindowIndex indexOf(const Trace& trace) { return {trace, matchMessages(trace)}; }

std::vector<std::int64_t> numbers(const RankFigures& f) {
    const CommunicationFigures& c = f.communication;
    return {f.rank,    f.span, f.attention,  f.compute,  f.idle,     c.comm, c.hidden,
            c.exposed, c.wait, c.hiddenWait, c.transfer, c.unpaired, c.bytes};
}

TEST(MeasuredSet, MeasuresWhatCountingDoes) {
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        const IntervalSet set = unionOf(randomIntervals(random, 12));
        const MeasuredSet measured(set);
        const std::int64_t begin = randomBelow(random, 230) - 5;
        const Interval window{begin, begin + randomBelow(random, 100)};
        EXPECT_EQ(measured.within(window), lengthOf(intersectionOf(set, {window})));
    }
}

TEST(MeasuredPile, CountsEachOfTheIntervalsThatOverlap) {
    std::mt19937 random(2);
    for (int round = 0; round < 200; ++round) {
        const std::vector<Interval> pile = randomIntervals(random, 12);
        const std::int64_t begin = randomBelow(random, 230) - 5;
        const Interval window{begin, begin + randomBelow(random, 100)};
        std::int64_t expected = 0;
        for (const Interval& interval : pile)
            expected += std::max<std::int64_t>(
                0, std::min(interval.end, window.end) - std::max(interval.begin, window.begin));
        EXPECT_EQ(MeasuredPile(pile).within(window), expected);
    }
}

TEST(WindowIndex, OfTheWholeTraceSaysWhatAnalyzeSays) {
    std::mt19937 random(3);
    for (int round = 0; round < 50; ++round) {
        const Trace trace = randomTrace(random);
        const RunFindings findings = analyze(trace);
        const WindowFigures all = indexOf(trace).figures({trace.begin, trace.end});
        ASSERT_EQ(all.ranks.size(), findings.ranks.size());
        for (std::size_t r = 0; r < all.ranks.size(); ++r)
            EXPECT_EQ(numbers(all.ranks[r]), numbers(findings.ranks[r]));
        ASSERT_EQ(all.blame.size(), findings.blame.size());
        for (std::size_t r = 0; r < all.blame.size(); ++r) {
            EXPECT_EQ(all.blame[r].rank, findings.blame[r].rank);
            EXPECT_EQ(all.blame[r].causedWait, findings.blame[r].causedWait);
        }
    }
}

TEST(WindowIndex, OfNeighboursAddsUpToTheWhole) {
    std::mt19937 random(4);
    for (int round = 0; round < 50; ++round) {
        const Trace trace = randomTrace(random);
        const WindowIndex index = indexOf(trace);
        const std::int64_t cut = trace.begin + randomBelow(random, trace.end - trace.begin);
        const WindowFigures whole = index.figures({trace.begin, trace.end});
        const WindowFigures left = index.figures({trace.begin, cut});
        const WindowFigures right = index.figures({cut, trace.end});
        for (std::size_t r = 0; r < whole.ranks.size(); ++r) {
            const std::vector<std::int64_t> all = numbers(whole.ranks[r]);
            const std::vector<std::int64_t> a = numbers(left.ranks[r]);
            const std::vector<std::int64_t> b = numbers(right.ranks[r]);
            // A window that begins where the trace does takes everything before it along.
            if (cut == trace.begin) continue;
            for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(a[i] + b[i], all[i]) << i;
        }
        for (std::size_t r = 0; r < whole.blame.size(); ++r)
            EXPECT_EQ(left.blame[r].causedWait + right.blame[r].causedWait,
                      whole.blame[r].causedWait);
    }
}

}  // namespace
}  // namespace ringscope
