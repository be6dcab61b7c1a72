// A track's answers, held against looking at every allocation.
#include "backend/analysis/memory_track.h"

#include "backend/analysis/memory.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <algorithm>
#include <random>

namespace ringscope {
namespace {

constexpr auto toTheEnd = Allocation::heldToTheEnd;
constexpr std::int64_t stepBegin = 100;  // of the one step
constexpr std::int64_t stepEnd = 10'000;

RankTrace rankWithTrack(std::vector<Allocation> allocations) {
    RankTrace rank;
    rank.spans = {{stepBegin, stepEnd, {.kind = SpanKind::Step}}};
    rank.allocations = std::move(allocations);
    return rank;
}

RankTrace randomRank(std::mt19937& random, std::size_t count) {
    std::vector<Allocation> allocations;
    for (std::size_t i = 0; i < count; ++i) {
        const auto from = static_cast<std::int64_t>(random() % 9'900);
        const auto life = static_cast<std::int64_t>(random() % (random() % 16 == 0 ? 9'000 : 60));
        allocations.push_back(
            {.begin = from,
             .end = random() % 64 == 0 ? toTheEnd : from + life,
             .bytes = static_cast<std::int64_t>(random() % 1'000),
             .category = static_cast<MemoryCategory>(random() % memoryCategoryCount)});
    }
    return rankWithTrack(std::move(allocations));
}

BytesByCategory liveAt(const RankTrace& rank, std::int64_t time) {
    BytesByCategory live{};
    for (const Allocation& one : rank.allocations)
        if (one.begin <= time && time < one.end)
            live[static_cast<std::size_t>(one.category)] += one.bytes;
    return live;
}

TEST(MemoryTrack, IsEmptyWhereMemoryWasNotRecordedAndWhereNoStepWas) {
    EXPECT_TRUE(MemoryTrack(rankWithTrack({})).empty());
    RankTrace rank;
    rank.allocations = {{.begin = 5, .end = 9, .bytes = 1}};
    EXPECT_TRUE(MemoryTrack(rank).empty());
}

TEST(MemoryTrack, BeginsWithTheFirstStepAndEndsWithTheLast) {
    const RankTrace rank = rankWithTrack({{.begin = 10, .end = 200, .bytes = 7}});
    const MemoryTrack track(rank);
    ASSERT_EQ(track.count(), 2U);
    EXPECT_EQ(track.timeOf(0), stepBegin);
    EXPECT_EQ(totalOf(track.heldAt(0)), 7);
    EXPECT_EQ(track.timeOf(1), 200);
    EXPECT_EQ(totalOf(track.heldAt(1)), 0);
    EXPECT_EQ(track.end(), stepEnd);
    EXPECT_EQ(track.peak(), 0U);
}

TEST(MemoryTrack, HoldsWhatIsLiveAtEveryMoment) {
    std::mt19937 random(3);
    for (const std::size_t count : {1U, 30U, 3'000U}) {
        const RankTrace rank = randomRank(random, count);
        const MemoryTrack track(rank);
        for (std::size_t i = 0; i < track.count(); ++i) {
            const bool lasts = i + 1 == track.count() || track.timeOf(i + 1) > track.timeOf(i);
            if (lasts) {
                EXPECT_EQ(track.heldAt(i), liveAt(rank, track.timeOf(i))) << i;
            }
        }
    }
}

TEST(MemoryTrack, IsOfTensorsOrOfSegments) {
    const RankTrace rank = rankWithTrack({
        {.begin = 10, .bytes = 5'000, .category = MemoryCategory::Segments},
        {.begin = 120, .end = 130, .bytes = 2'000, .category = MemoryCategory::Segments},
        {.begin = 20, .bytes = 1'000, .category = MemoryCategory::Parameters},
    });
    const MemoryTrack tensors(rank);
    const MemoryTrack segments(rank, MemoryOf::Segments);
    EXPECT_EQ(totalOf(tensors.heldAt(tensors.peak())), 1'000);
    EXPECT_EQ(totalOf(segments.heldAt(segments.peak())), 7'000);
    EXPECT_EQ(segments.timeOf(segments.peak()), 120);
    EXPECT_EQ(tensors.largestAt(125, 9).size(), 1U);
    EXPECT_EQ(segments.largestAt(125, 9).size(), 2U);
}

TEST(MemoryTrack, FindsTheMostOfAnyStretch) {
    std::mt19937 random(4);
    for (const std::size_t count : {1U, 40U, 700U, 30'000U}) {
        const RankTrace rank = randomRank(random, count);
        const MemoryTrack track(rank);
        std::vector<std::int64_t> totals;
        for (std::size_t i = 0; i < track.count(); ++i) totals.push_back(totalOf(track.heldAt(i)));
        for (int round = 0; round < 300; ++round) {
            const std::size_t first = random() % track.count();
            const std::size_t last = first + 1 + random() % (track.count() - first);
            const auto most = std::max_element(totals.begin() + static_cast<std::ptrdiff_t>(first),
                                               totals.begin() + static_cast<std::ptrdiff_t>(last));
            EXPECT_EQ(track.mostOf(first, last), static_cast<std::size_t>(most - totals.begin()))
                << first << " to " << last;
        }
    }
}

TEST(MemoryTrack, FindsTheMomentFromAnyHint) {
    std::mt19937 random(5);
    const RankTrace rank = randomRank(random, 2'000);
    const MemoryTrack track(rank);
    for (int round = 0; round < 2'000; ++round) {
        const auto time = static_cast<double>(random() % 11'000);
        std::size_t expected = 0;
        while (expected < track.count() && static_cast<double>(track.timeOf(expected)) < time)
            ++expected;
        EXPECT_EQ(track.firstFrom(time), expected);
        EXPECT_EQ(track.firstFrom(time, random() % (expected + 1)), expected);
    }
}

RC_GTEST_PROP(MemoryTrack, AgreesWithThePeakAndWhatStoodThere, (unsigned seed)) {
    std::mt19937 random(seed);
    const RankTrace rank = randomRank(random, 1 + random() % 1'000);
    const MemoryTrack track(rank);
    const MemoryPeak peak = memoryPeak(rank).value();
    RC_ASSERT(track.timeOf(track.peak()) == peak.at);
    RC_ASSERT(track.heldAt(track.peak()) == peak.held);
    const auto sizes = [](const std::vector<Allocation>& allocations) {
        std::vector<std::int64_t> bytes;
        for (const Allocation& one : allocations) bytes.push_back(one.bytes);
        return bytes;
    };
    RC_ASSERT(sizes(track.largestAt(peak.at, MemoryPeak::largestShown)) == sizes(peak.largest));
    for (const std::int64_t time : {std::int64_t{150}, std::int64_t{5'000}, std::int64_t{9'950}}) {
        std::vector<Allocation> live;
        for (const Allocation& one : rank.allocations)
            if (one.begin <= time && time < one.end) live.push_back(one);
        std::ranges::sort(live, std::greater<>(), &Allocation::bytes);
        for (const std::size_t most : {std::size_t{0}, std::size_t{3}, std::size_t{10'000}}) {
            std::vector<std::int64_t> expected = sizes(live);
            expected.resize(std::min(expected.size(), most));
            RC_ASSERT(sizes(track.largestAt(time, most)) == expected);
        }
    }
}

}  // namespace
}  // namespace ringscope
