#include "profiler/device_allocations.h"

#include "profiler/memory_scope.h"
#include "profiler/trace_place.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ringscope {
namespace {

using EventKind = DeviceMemoryEvent::Kind;

class DeviceMemory : public ::testing::Test {
protected:
    void taken(std::uint64_t address, std::int64_t bytes, int device = 0) {
        allocations.tell({EventKind::Taken, device, address, bytes});
    }
    void givenBack(std::uint64_t address, int device = 0) {
        allocations.tell({EventKind::GivenBack, device, address, 0});
    }

    AllocationLog log;
    DeviceAllocations allocations{log};
};

TEST_F(DeviceMemory, IsLoggedAsACpusIsByScopeAndPlace) {
    {
        const MemoryScope scope(MemoryCategory::Parameters);
        taken(0x1000, 800);
    }
    log.start();
    {
        const PlaceScope place;
        tracePlace().step = 3;
        tracePlace().layer = 2;
        const MemoryScope scope(MemoryCategory::Communication);
        taken(0x2000, 50);
    }
    givenBack(0x2000);
    const AllocationRecording seen = log.stop();
    ASSERT_EQ(seen.allocations.size(), 2U);
    EXPECT_EQ(seen.allocations[0].bytes, 50);
    EXPECT_EQ(seen.allocations[0].step, 3);
    EXPECT_EQ(seen.allocations[0].layer, 2);
    EXPECT_EQ(seen.allocations[0].category, MemoryCategory::Communication);
    EXPECT_LE(seen.allocations[0].begin, seen.allocations[0].end);
    EXPECT_EQ(seen.allocations[1].bytes, 800);
    EXPECT_EQ(seen.allocations[1].category, MemoryCategory::Parameters);
    EXPECT_EQ(seen.allocations[1].end, Allocation::heldToTheEnd);
    EXPECT_EQ(allocations.unknown(), 0U);
}

TEST_F(DeviceMemory, TellsDevicesApartThatShareAnAddress) {
    log.start();
    taken(0x1000, 1, 0);
    taken(0x1000, 2, 1);
    givenBack(0x1000, 1);
    const AllocationRecording seen = log.stop();
    ASSERT_EQ(seen.allocations.size(), 2U);
    EXPECT_EQ(seen.allocations[0].bytes, 2);
    EXPECT_EQ(seen.allocations[1].bytes, 1);
    EXPECT_EQ(seen.allocations[1].end, Allocation::heldToTheEnd);
}

TEST_F(DeviceMemory, CountsWhatWasTakenBeforeAnybodyListened) {
    log.start();
    givenBack(0x3000);
    EXPECT_TRUE(log.stop().allocations.empty());
    EXPECT_EQ(allocations.unknown(), 1U);
}

TEST_F(DeviceMemory, HoldsAnAddressOnceAtATime) {
    log.start();
    taken(0x1000, 10);
    taken(0x1000, 20);
    const AllocationRecording seen = log.stop();
    ASSERT_EQ(seen.allocations.size(), 2U);
    EXPECT_EQ(seen.allocations[0].bytes, 10);
    EXPECT_LT(seen.allocations[0].end, Allocation::heldToTheEnd);
    EXPECT_EQ(seen.allocations[1].bytes, 20);
}

TEST_F(DeviceMemory, IsToldByManyThreadsAtOnce) {
    log.start();
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([this, t] {
                for (std::uint64_t i = 0; i < 1'000; ++i) {
                    const std::uint64_t address = static_cast<std::uint64_t>(t) << 32 | i;
                    taken(address, 1);
                    if (i % 2 == 0) givenBack(address);
                }
            });
    }
    EXPECT_EQ(log.stop().allocations.size(), 4'000U);
    EXPECT_EQ(allocations.unknown(), 0U);
}

}  // namespace
}  // namespace ringscope
