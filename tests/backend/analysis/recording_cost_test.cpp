#include "backend/analysis/recording_cost.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

Span span(SpanKind kind, std::int64_t begin, std::int64_t end) {
    return {begin, end, {.kind = kind}};
}

// Two steps of 10 and 30 us, four spans inside them, two more that were dropped.
RankTrace recordedRank() {
    RankTrace rank;
    rank.origin.rank = 3;
    rank.origin.spanCostNs = 50;
    rank.dropped = 2;
    rank.spans = {span(SpanKind::Step, 0, 10'000),           span(SpanKind::Attention, 100, 200),
                  span(SpanKind::Transfer, 100, 300),        span(SpanKind::Step, 10'000, 40'000),
                  span(SpanKind::Attention, 11'000, 12'000), span(SpanKind::Host, 13'000, 14'000)};
    return rank;
}

std::vector<RecordingCost> costsOf(std::vector<RankTrace> ranks) {
    Trace trace;
    trace.ranks = std::move(ranks);
    return recordingCosts(trace);
}

TEST(RecordingCost, IsEverySpansPriceAgainstTheSteps) {
    const std::vector<RecordingCost> costs = costsOf({recordedRank()});
    ASSERT_EQ(costs.size(), 1U);
    const RecordingCost& cost = costs[0];
    EXPECT_EQ(cost.rank, 3);
    EXPECT_EQ(cost.spanNs, 50);
    EXPECT_DOUBLE_EQ(cost.spansPerStep, 4);
    EXPECT_DOUBLE_EQ(cost.percentOfStep, 100.0 * 8 * 50 / 40'000);
}

TEST(RecordingCost, IsNotKnownWhereNobodyMeasuredItOrNoStepIsWhole) {
    RankTrace foreign = recordedRank();
    foreign.origin.spanCostNs = 0;
    RankTrace killed = recordedRank();
    std::erase_if(killed.spans, [](const Span& each) { return each.kind() == SpanKind::Step; });
    EXPECT_TRUE(costsOf({killed, foreign}).empty());
    EXPECT_EQ(costsOf({foreign, recordedRank()}).size(), 1U);
}

}  // namespace
}  // namespace ringscope
