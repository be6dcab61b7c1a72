// Entries as the caching allocator makes them, made by hand.
#include "kernels/cuda/allocator_events.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using Entry = c10::CachingDeviceAllocator::TraceEntry;
using Kind = DeviceMemoryEvent::Kind;

Entry entry(Entry::Action action) { return {action, 3, 0x7f0000001000, 5'000, nullptr, {0, 0}, 0}; }

TEST(AllocatorEvents, AreAllocationsAndReleasesOfTensors) {
    const auto taken = deviceMemoryEvent(entry(Entry::ALLOC));
    ASSERT_TRUE(taken.has_value());
    EXPECT_EQ(taken->kind, Kind::Taken);
    EXPECT_EQ(taken->device, 3);
    EXPECT_EQ(taken->address, 0x7f0000001000U);
    EXPECT_EQ(taken->bytes, 5'000);
    const auto back = deviceMemoryEvent(entry(Entry::FREE_COMPLETED));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->kind, Kind::GivenBack);
    EXPECT_EQ(back->address, taken->address);
}

TEST(AllocatorEvents, TellWhatFoundNoRoom) {
    const auto refused = deviceMemoryEvent(entry(Entry::OOM));
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->kind, Kind::Refused);
    EXPECT_EQ(refused->bytes, 5'000);
}

TEST(AllocatorEvents, LeaveOutSegmentsAndMemoryThatIsStillRead) {
    for (const Entry::Action action :
         {Entry::FREE_REQUESTED, Entry::SEGMENT_ALLOC, Entry::SEGMENT_FREE, Entry::SEGMENT_MAP,
          Entry::SEGMENT_UNMAP, Entry::SNAPSHOT})
        EXPECT_FALSE(deviceMemoryEvent(entry(action)).has_value()) << action;
}

// From the allocator's entries to the curve's allocations.
TEST(AllocatorEvents, BecomeAllocationsInTheLog) {
    AllocationLog log;
    DeviceAllocations allocations(log);
    log.start();
    for (const Entry::Action action : {Entry::SEGMENT_ALLOC, Entry::ALLOC, Entry::FREE_REQUESTED})
        if (const auto event = deviceMemoryEvent(entry(action))) allocations.tell(*event);
    EXPECT_TRUE(log.stop().allocations.size() == 1) << "held while a stream still reads it";
    log.start();
    if (const auto event = deviceMemoryEvent(entry(Entry::FREE_COMPLETED)))
        allocations.tell(*event);
    const AllocationRecording seen = log.stop();
    ASSERT_EQ(seen.allocations.size(), 1U);
    EXPECT_EQ(seen.allocations[0].bytes, 5'000);
    EXPECT_LT(seen.allocations[0].end, Allocation::heldToTheEnd);
}

}  // namespace
}  // namespace ringscope
