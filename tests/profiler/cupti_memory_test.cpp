// Memory records made by hand: what CUPTI would tell, where there is no GPU.
#include "profiler/cupti_memory.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

using Where = GpuMemoryRecord::Where;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

GpuMemoryRecord taken(std::uint64_t address, std::int64_t bytes, std::int64_t at) {
    return {.taken = true, .where = Where::Device, .address = address, .bytes = bytes, .at = at};
}

GpuMemoryRecord givenBack(std::uint64_t address, std::int64_t bytes, std::int64_t at) {
    GpuMemoryRecord record = taken(address, bytes, at);
    record.taken = false;
    return record;
}

Allocation segment(std::int64_t begin, std::int64_t end, std::int64_t bytes) {
    return {.begin = begin, .end = end, .bytes = bytes, .category = MemoryCategory::Segments};
}
constexpr auto held = Allocation::heldToTheEnd;

TEST(CuptiMemory, IsHeldFromBeingTakenUntilItIsGivenBackInAnyOrderOfRecords) {
    const std::vector<GpuMemoryRecord> records{givenBack(0x2000, 20, 300), taken(0x1000, 10, 50),
                                               taken(0x2000, 20, 200)};
    EXPECT_THAT(convertMemory(records, 100).segments,
                ElementsAre(segment(50, held, 10), segment(200, 300, 20)));
}

TEST(CuptiMemory, LeavesOutWhatWasGoneBeforeTheRecordedSteps) {
    const std::vector<GpuMemoryRecord> records{taken(0x1000, 10, 50), givenBack(0x1000, 10, 60)};
    EXPECT_THAT(convertMemory(records, 100).segments, IsEmpty());
}

TEST(CuptiMemory, CountsFromTheBeginningWhatWasTakenBeforeCuptiListened) {
    const std::vector<GpuMemoryRecord> records{givenBack(0x1000, 10, 150)};
    EXPECT_THAT(convertMemory(records, 100).segments, ElementsAre(segment(100, 150, 10)));
    EXPECT_THAT(convertMemory(records, 200).segments, IsEmpty());
}

TEST(CuptiMemory, TakesAnAddressOnceAtATimeOnEachDevice) {
    std::vector<GpuMemoryRecord> records{taken(0x1000, 10, 110), taken(0x1000, 20, 120),
                                         givenBack(0x1000, 20, 130), taken(0x1000, 30, 130)};
    records.push_back(taken(0x1000, 40, 115));
    records.back().device = 1;
    EXPECT_THAT(convertMemory(records, 100).segments,
                ElementsAre(segment(110, 120, 10), segment(115, held, 40), segment(120, 130, 20),
                            segment(130, held, 30)));
}

TEST(CuptiMemory, CountsManagedMemoryAndNoHostMemory) {
    std::vector<GpuMemoryRecord> records{taken(0x1000, 10, 110), taken(0x2000, 20, 120),
                                         taken(0x3000, 30, 130)};
    records[0].where = Where::Managed;
    records[1].where = Where::Host;
    records[2].where = Where::Unknown;
    const GpuMemory memory = convertMemory(records, 100);
    EXPECT_THAT(memory.segments, ElementsAre(segment(110, held, 10)));
    EXPECT_EQ(memory.elsewhere, 2U);
    EXPECT_THAT(notesOn(memory), IsEmpty());
}

TEST(CuptiMemory, CountsBrokenRecordsAndSaysSo) {
    const std::vector<GpuMemoryRecord> records{taken(0, 10, 110),
                                               taken(0x1000, 0, 110),
                                               taken(0x1000, -1, 110),
                                               taken(0x1000, 10, 0),
                                               taken(0x1000, Allocation::mostBytes + 1, 110),
                                               givenBack(0x5000, 0, 120)};
    const GpuMemory memory = convertMemory(records, 100);
    EXPECT_THAT(memory.segments, IsEmpty());
    EXPECT_EQ(memory.broken, records.size());
    EXPECT_THAT(notesOn(memory), ElementsAre(HasSubstr("6 memory records of the GPU")));
}

RC_GTEST_PROP(CuptiMemory, HoldsNothingImpossibleWhateverTheRecordsSay, ()) {
    std::vector<GpuMemoryRecord> records;
    for (int count = *rc::gen::inRange(0, 60); count > 0; --count)
        records.push_back({.taken = *rc::gen::arbitrary<bool>(),
                           .where = *rc::gen::element(Where::Device, Where::Managed, Where::Host),
                           .address = *rc::gen::inRange<std::uint64_t>(0, 6),
                           .bytes = *rc::gen::element<std::int64_t>(
                               0, 1, 4'096, std::numeric_limits<std::int64_t>::max(), -5),
                           .at = *rc::gen::inRange<std::int64_t>(-2, 300)});
    const GpuMemory memory = convertMemory(records, 100);
    for (const Allocation& one : memory.segments) {
        RC_ASSERT(one.wellFormed());
        RC_ASSERT(one.end >= 100);
        RC_ASSERT(one.category == MemoryCategory::Segments);
    }
    RC_ASSERT(memory.segments.size() + memory.broken + memory.elsewhere <= 2 * records.size());
}

}  // namespace
}  // namespace ringscope
