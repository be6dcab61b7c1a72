#include "backend/analysis/memory.h"

#include "backend/trace/memory_names.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

constexpr auto held = Allocation::heldToTheEnd;

// Step 4 from 100 to 200, its backward pass from 150.
RankTrace rankOf(std::vector<Allocation> allocations) {
    RankTrace rank;
    rank.spans = {
        {100, 200, {.kind = SpanKind::Step, .step = 4}},
        {100, 140, {.kind = SpanKind::Compute, .operation = Operation::Forward}},
        {150, 190, {.kind = SpanKind::Compute, .operation = Operation::Backward}},
    };
    rank.allocations = std::move(allocations);
    return rank;
}

std::int64_t of(const MemoryPeak& peak, MemoryCategory category) {
    return peak.held[static_cast<std::size_t>(category)];
}

TEST(Memory, TellsActivationsFromWorkspaceByHowLongTheyLive) {
    RankTrace rank = rankOf({
        {.begin = 10, .end = held, .bytes = 1},
        {.begin = 10, .end = held, .bytes = 1, .category = MemoryCategory::Parameters},
        {.begin = 110, .end = 170, .bytes = 1},
        {.begin = 110, .end = 120, .bytes = 1},
        {.begin = 160, .end = 165, .bytes = 1},
        {.begin = 110, .end = 170, .bytes = 1, .category = MemoryCategory::Logits},
    });
    nameAllocations(rank);
    std::vector<MemoryCategory> categories;
    for (const Allocation& allocation : rank.allocations) categories.push_back(allocation.category);
    using enum MemoryCategory;
    EXPECT_EQ(categories,
              (std::vector{Unsaid, Parameters, Activations, Workspace, Workspace, Logits}));
}

// As a GPU's backward pass does, on a thread of autograd's.
TEST(Memory, FindsTheStepOfWhatAThreadWithoutAPlaceAllocated) {
    RankTrace rank = rankOf({
        {.begin = 10, .end = held, .bytes = 1, .step = 1},
        {.begin = 100, .end = 170, .bytes = 1},
        {.begin = 160, .end = 165, .bytes = 1, .category = MemoryCategory::Gradients},
        {.begin = 200, .end = 210, .bytes = 1, .step = 9},
    });
    rank.spans[0] = {100, 200, {.kind = SpanKind::Step, .step = 7}};
    nameAllocations(rank);
    std::vector<int> steps;
    for (const Allocation& allocation : rank.allocations) steps.push_back(allocation.step);
    EXPECT_EQ(steps, (std::vector{1, 7, 7, 9}));
}

TEST(Memory, SaysWhatStoodAtThePeak) {
    RankTrace rank = rankOf({
        {.begin = 10, .end = held, .bytes = 1000, .category = MemoryCategory::Parameters},
        {.begin = 110, .end = 170, .bytes = 300, .step = 4, .layer = 0},
        {.begin = 120, .end = 160, .bytes = 200, .step = 4, .layer = 1},
        {.begin = 155, .end = 158, .bytes = 50, .step = 4, .layer = 1},
        {.begin = 160, .end = 165, .bytes = 240, .step = 4, .layer = 2},  // as the second ends
    });
    nameAllocations(rank);
    const std::optional<MemoryPeak> peak = memoryPeak(rank);
    ASSERT_TRUE(peak);
    EXPECT_EQ(peak->at, 155);
    EXPECT_EQ(totalOf(peak->held), 1550);
    EXPECT_EQ(of(*peak, MemoryCategory::Parameters), 1000);
    EXPECT_EQ(of(*peak, MemoryCategory::Activations), 500);
    EXPECT_EQ(of(*peak, MemoryCategory::Workspace), 50);
    EXPECT_EQ(peak->step, 4);
    EXPECT_EQ(peak->layer, 1);
    ASSERT_EQ(peak->largest.size(), 4U);
    EXPECT_EQ(peak->largest.front().bytes, 1000);
    EXPECT_EQ(peak->largest.back().bytes, 50);
}

TEST(Memory, IsNothingWhereItWasNotRecorded) { EXPECT_FALSE(memoryPeak(rankOf({}))); }

TEST(Memory, BeginsWithWhatWasThereBefore) {
    std::vector<std::pair<std::int64_t, std::int64_t>> seen;
    const RankTrace rank = rankOf({
        {.begin = 10, .end = 180, .bytes = 5},
        {.begin = 20, .end = 30, .bytes = 7},
    });
    overMemory(rank, [&](std::int64_t at, const BytesByCategory& bytes) {
        seen.emplace_back(at, totalOf(bytes));
    });
    EXPECT_EQ(seen, (std::vector<std::pair<std::int64_t, std::int64_t>>{{100, 5}, {180, 0}}));
}

// A tensor lies in a segment, so that their bytes are never added.
TEST(Memory, CountsNoByteOfASegmentAmongTheTensors) {
    RankTrace rank = rankOf({
        {.begin = 10, .bytes = 5'000, .category = MemoryCategory::Segments},
        {.begin = 120, .end = 130, .bytes = 2'000, .category = MemoryCategory::Segments},
        {.begin = 20, .bytes = 1'000, .category = MemoryCategory::Parameters},
        {.begin = 120, .end = 170, .bytes = 300},
    });
    nameAllocations(rank);
    const std::optional<MemoryPeak> peak = memoryPeak(rank);
    ASSERT_TRUE(peak);
    EXPECT_EQ(totalOf(peak->held), 1'300);
    EXPECT_EQ(peak->segments, 7'000);
    ASSERT_EQ(peak->largest.size(), 2U);
    EXPECT_EQ(peak->largest.front().bytes, 1'000);

    rank.allocations.resize(2);
    EXPECT_FALSE(memoryPeak(rank)) << "no tensors, no peak of them";
}

RC_GTEST_PROP(Memory, PeakIsTheMostThatIsLiveAtOnce, ()) {
    std::vector<Allocation> allocations;
    for (int count = *rc::gen::inRange(1, 40); count > 0; --count) {
        const std::int64_t begin = *rc::gen::inRange(50, 200);
        const std::int64_t end = *rc::gen::inRange<std::int64_t>(begin, 201);
        allocations.push_back({.begin = begin,
                               .end = end == 200 ? held : end,
                               .bytes = *rc::gen::inRange<std::int64_t>(0, 100)});
    }
    std::int64_t most = 0;
    for (std::int64_t at = 100; at <= 200; ++at) {
        std::int64_t live = 0;
        for (const Allocation& one : allocations)
            if (one.begin <= at && at < one.end) live += one.bytes;
        most = std::max(most, live);
    }
    const std::optional<MemoryPeak> peak = memoryPeak(rankOf(allocations));
    RC_ASSERT(peak.has_value());
    RC_ASSERT(totalOf(peak->held) == most);
}

}  // namespace
}  // namespace ringscope
