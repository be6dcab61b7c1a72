// What a chart of memory over time shows, held against looking at every allocation.
#include "backend/analysis/memory_series.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <algorithm>

namespace ringscope {
namespace {

constexpr std::int64_t traceBegin = 1'000;
constexpr std::int64_t traceEnd = 9'000;

RankTrace rankWithSeries(std::vector<Allocation> allocations) {
    RankTrace rank;
    rank.origin.rank = 3;
    rank.spans = {{5'000, traceEnd, {.kind = SpanKind::Step, .step = 8}},
                  {traceBegin, 5'000, {.kind = SpanKind::Step, .step = 7}}};
    rank.allocations = std::move(allocations);
    return rank;
}

std::int64_t bytesIn(const BytesByCategory& held, MemoryCategory category) {
    return held[static_cast<std::size_t>(category)];
}

TEST(MemorySeries, IsEmptyWhereMemoryWasNotRecorded) {
    const MemorySeries series = memorySeries(rankWithSeries({}), 8);
    EXPECT_TRUE(series.empty());
    EXPECT_EQ(series.rank, 3);
    EXPECT_TRUE(heldCategories(series).empty());
}

TEST(MemorySeries, ShowsAPeakHoweverShortAndWhatItIsOf) {
    const MemorySeries series = memorySeries(
        rankWithSeries(
            {{.begin = 0, .bytes = 100, .category = MemoryCategory::Parameters},
             {.begin = 5'500, .end = 5'501, .bytes = 900, .category = MemoryCategory::Workspace}}),
        8);
    ASSERT_EQ(series.columns.size(), 8U);
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_EQ(bytesIn(series.columns[i], MemoryCategory::Parameters), 100) << i;
        EXPECT_EQ(bytesIn(series.columns[i], MemoryCategory::Workspace), i == 4 ? 900 : 0) << i;
    }
    EXPECT_EQ(series.begin, traceBegin);
    EXPECT_EQ(series.end, traceEnd);
    EXPECT_EQ(series.peakAt, 5'500);
    EXPECT_EQ(totalOf(series.peak), 1'000);
    EXPECT_EQ(heldCategories(series),
              (std::vector{MemoryCategory::Parameters, MemoryCategory::Workspace}));
}

TEST(MemorySeries, KnowsTheStepOfAMoment) {
    const MemorySeries series = memorySeries(rankWithSeries({{.begin = 0, .bytes = 1}}), 2);
    EXPECT_EQ(series.stepAt(0), 7);
    EXPECT_EQ(series.stepAt(4'999), 7);
    EXPECT_EQ(series.stepAt(5'000), 8);
}

RC_GTEST_PROP(MemorySeries, HoldsInEachColumnTheMostOfItsStretch, ()) {
    std::vector<Allocation> allocations;
    const int count = *rc::gen::inRange(1, 60);
    for (int i = 0; i < count; ++i) {
        const std::int64_t from = *rc::gen::inRange<std::int64_t>(0, traceEnd);
        allocations.push_back(
            {.begin = from,
             .end = std::min(traceEnd, from + *rc::gen::inRange<std::int64_t>(1, 3'000)),
             .bytes = *rc::gen::inRange<std::int64_t>(1, 1'000),
             .category = static_cast<MemoryCategory>(*rc::gen::inRange(0, memoryCategoryCount))});
    }
    const RankTrace rank = rankWithSeries(allocations);
    const std::size_t columns = *rc::gen::elementOf(std::vector<std::size_t>{1, 4, 16, 80});
    const MemorySeries series = memorySeries(rank, columns);
    RC_ASSERT(series.columns.size() == columns);
    const std::int64_t width = (traceEnd - traceBegin) / static_cast<std::int64_t>(columns);
    const auto liveAt = [&](std::int64_t time) {
        std::int64_t live = 0;
        for (const Allocation& one : allocations)
            if (one.begin <= time && time < one.end) live += one.bytes;
        return live;
    };
    std::int64_t highest = 0;
    for (std::size_t column = 0; column < columns; ++column) {
        const std::int64_t from = traceBegin + width * static_cast<std::int64_t>(column);
        std::int64_t most = 0;
        for (std::int64_t time = from; time < from + width; ++time)
            most = std::max(most, liveAt(time));
        RC_ASSERT(totalOf(series.columns[column]) == most);
        highest = std::max(highest, most);
    }
    RC_ASSERT(totalOf(series.peak) >= highest);
}

}  // namespace
}  // namespace ringscope
