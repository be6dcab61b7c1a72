// The columns of a memory track, held against looking at every moment.
#include "ui/timeline/memory_columns.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <random>

namespace ringscope::ui {
namespace {

RankTrace randomRank(std::mt19937& random, std::size_t count) {
    RankTrace rank;
    rank.spans = {{1'000, 60'000, {.kind = SpanKind::Step}}};
    for (std::size_t i = 0; i < count; ++i) {
        const auto begin = static_cast<std::int64_t>(random() % 59'000);
        rank.allocations.push_back(
            {.begin = begin,
             .end = begin + static_cast<std::int64_t>(random() % (random() % 8 == 0 ? 9'000 : 50)),
             .bytes = 1 + static_cast<std::int64_t>(random() % 1'000)});
    }
    return rank;
}

std::int64_t totalAt(const MemoryTrack& track, std::size_t moment) {
    return totalOf(track.heldAt(moment));
}

// The most that is held at any time in [from, to); below 0 where nothing was recorded.
std::int64_t mostWithin(const MemoryTrack& track, double from, double to) {
    std::int64_t most = -1;
    for (std::size_t i = 0; i < track.count(); ++i) {
        const auto begin = static_cast<double>(track.timeOf(i));
        const double end = i + 1 < track.count() ? static_cast<double>(track.timeOf(i + 1))
                                                 : static_cast<double>(track.end() + 1);
        if (begin < end && begin < to && from < end) most = std::max(most, totalAt(track, i));
    }
    return most;
}

class MemoryColumns : public testing::TestWithParam<double> {};  // ns a pixel
INSTANTIATE_TEST_SUITE_P(Zoom, MemoryColumns, testing::Values(1.0, 3.7, 100.0, 5'000.0));

TEST_P(MemoryColumns, ShowTheMostOfEveryPixelOnce) {
    const double zoom = GetParam();
    std::mt19937 random(21);
    for (int round = 0; round < 20; ++round) {
        const RankTrace rank = randomRank(random, random() % 400);
        const MemoryTrack track(rank);
        const double from = static_cast<double>(random() % 62'000) - 1'000;
        const int pixels = 300;
        std::vector<MemoryColumn> columns;
        memoryColumns(track, {from, from + pixels * zoom}, zoom, pixels, columns);
        std::vector<std::int64_t> shown(pixels, -1);
        int last = 0;
        for (const MemoryColumn& column : columns) {
            ASSERT_LE(last, column.begin);
            ASSERT_LT(column.begin, column.end);
            ASSERT_LE(column.end, pixels);
            for (int p = column.begin; p < column.end; ++p)
                shown[static_cast<std::size_t>(p)] = totalAt(track, column.moment);
            last = column.end;
        }
        for (int p = 0; p < pixels; ++p)
            EXPECT_EQ(shown[static_cast<std::size_t>(p)],
                      mostWithin(track, from + p * zoom, from + (p + 1) * zoom))
                << "pixel " << p << " from " << from;
    }
}

TEST_P(MemoryColumns, AreAsManyAsThePixelsHoweverManyTheChanges) {
    std::mt19937 random(22);
    const RankTrace rank = randomRank(random, 20'000);
    const MemoryTrack track(rank);
    std::vector<MemoryColumn> columns;
    memoryColumns(track, {0, 200 * GetParam()}, GetParam(), 200, columns);
    EXPECT_LE(columns.size(), 200U);
}

TEST(MemoryColumns, SayWhatAStretchHeldAtMost) {
    RankTrace rank;
    rank.spans = {{1'000, 2'000, {.kind = SpanKind::Step}}};
    rank.allocations = {{.begin = 0, .bytes = 10}, {.begin = 1'500, .end = 1'600, .bytes = 90}};
    const MemoryTrack track(rank);
    const auto most = [&](double from, double to) {
        const std::optional<std::size_t> moment = mostBetween(track, {from, to});
        return moment ? totalAt(track, *moment) : -1;
    };
    EXPECT_EQ(most(1'000, 1'100), 10);
    EXPECT_EQ(most(1'100, 1'900), 100);
    EXPECT_EQ(most(1'550, 1'560), 100);
    EXPECT_EQ(most(1'600, 1'601), 10);
    EXPECT_EQ(most(900, 1'000), -1);
    EXPECT_EQ(most(2'001, 2'100), -1);
    EXPECT_FALSE(mostBetween(MemoryTrack(), {0, 1}).has_value());
}

}  // namespace
}  // namespace ringscope::ui
