#include "profiler/allocation_log.h"

#include "profiler/memory_scope.h"
#include "profiler/trace_place.h"

#include <gtest/gtest.h>

#include <deque>
#include <thread>

namespace ringscope {
namespace {

TEST(AllocationLog, AnswersWhatLivedWhileItRecorded) {
    AllocationLog log;
    LiveBlock before;
    LiveBlock gone;
    LiveBlock during;
    LiveBlock after;
    log.allocated(before, 100);
    log.allocated(gone, 1);
    log.freed(gone);
    log.start();
    {
        const PlaceScope place;
        tracePlace().step = 3;
        tracePlace().layer = 2;
        const MemoryScope scope(MemoryCategory::Communication);
        log.allocated(during, 20);
    }
    log.freed(during);
    log.allocated(after, 7);
    const AllocationRecording seen = log.stop();
    log.freed(before);
    log.freed(after);

    ASSERT_EQ(seen.allocations.size(), 3U);
    EXPECT_EQ(seen.allocations[0].bytes, 20);
    EXPECT_EQ(seen.allocations[0].step, 3);
    EXPECT_EQ(seen.allocations[0].layer, 2);
    EXPECT_EQ(seen.allocations[0].category, MemoryCategory::Communication);
    EXPECT_LE(seen.allocations[0].begin, seen.allocations[0].end);
    EXPECT_EQ(seen.allocations[1].bytes, 7);
    EXPECT_EQ(seen.allocations[1].end, Allocation::heldToTheEnd);
    EXPECT_EQ(seen.allocations[2].bytes, 100);
    EXPECT_EQ(seen.allocations[2].category, MemoryCategory::Unsaid);
}

TEST(AllocationLog, AddsUpWhatIsLiveByCategory) {
    AllocationLog log;
    std::deque<LiveBlock> blocks(3);
    log.allocated(blocks[0], 5);
    {
        const MemoryScope scope(MemoryCategory::Gradients);
        log.allocated(blocks[1], 100);
        log.allocated(blocks[2], 20);
    }
    log.freed(blocks[1]);
    LiveBytes expected{};
    expected[static_cast<std::size_t>(MemoryCategory::Unsaid)] = 5;
    expected[static_cast<std::size_t>(MemoryCategory::Gradients)] = 20;
    EXPECT_EQ(log.live(), expected);
    log.freed(blocks[0]);
    log.freed(blocks[2]);
    EXPECT_EQ(log.live(), LiveBytes{});
}

TEST(AllocationLog, CountsWhatItHasNoRoomFor) {
    AllocationLog log(2);
    std::deque<LiveBlock> blocks(5);
    log.start();
    for (LiveBlock& block : blocks) log.allocated(block, 1);
    for (LiveBlock& block : blocks) log.freed(block);
    const AllocationRecording seen = log.stop();
    EXPECT_EQ(seen.allocations.size(), 2U);
    EXPECT_EQ(seen.dropped, 3U);
    EXPECT_TRUE(log.stop().allocations.empty()) << "it does not record any more";
}

TEST(AllocationLog, LosesNothingWhenThreadsTellItAtOnce) {
    AllocationLog log;
    log.start();
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&log] {
                for (int round = 0; round < 1000; ++round) {
                    LiveBlock first;
                    LiveBlock second;
                    log.allocated(first, 1);
                    log.allocated(second, 2);
                    log.freed(first);
                    log.freed(second);
                }
            });
    }
    const AllocationRecording seen = log.stop();
    std::int64_t bytes = 0;
    for (const Allocation& one : seen.allocations) bytes += one.bytes;
    EXPECT_EQ(seen.allocations.size(), 8000U);
    EXPECT_EQ(bytes, 4 * 1000 * 3);
}

}  // namespace
}  // namespace ringscope
