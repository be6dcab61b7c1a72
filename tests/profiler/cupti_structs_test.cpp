// CUPTI's own structs, filled in by hand.
#include "profiler/cupti_structs.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

using Kind = GpuRecord::Kind;

template <typename Record>
std::optional<GpuRecord> read(const Record& record) {
    return plainRecord(reinterpret_cast<const CUpti_Activity&>(record));
}

template <typename Record>
GpuRecord plain(const Record& record) {
    return read(record).value();
}

template <typename Record>
Record placed(CUpti_ActivityKind kind) {
    Record record{};
    record.kind = kind;
    record.start = 1'000;
    record.end = 1'500;
    record.deviceId = 2;
    record.contextId = 3;
    record.streamId = 4;
    record.correlationId = 5;
    return record;
}

void expectPlace(const GpuRecord& record, Kind kind, std::int64_t bytes) {
    EXPECT_EQ(record.kind, kind);
    EXPECT_EQ(record.begin, 1'000);
    EXPECT_EQ(record.end, 1'500);
    EXPECT_EQ(record.device, 2U);
    EXPECT_EQ(record.context, 3U);
    EXPECT_EQ(record.stream, 4U);
    EXPECT_EQ(record.correlation, 5U);
    EXPECT_EQ(record.bytes, bytes);
}

TEST(CuptiStructs, WorkKeepsItsTimesStreamAndBytes) {
    expectPlace(plain(placed<CUpti_ActivityKernel10>(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL)),
                Kind::Kernel, 0);
    auto copy = placed<CUpti_ActivityMemcpy6>(CUPTI_ACTIVITY_KIND_MEMCPY);
    copy.bytes = 64;
    expectPlace(plain(copy), Kind::Copy, 64);
    auto peer = placed<CUpti_ActivityMemcpyPtoP4>(CUPTI_ACTIVITY_KIND_MEMCPY2);
    peer.bytes = 65;
    expectPlace(plain(peer), Kind::PeerCopy, 65);
    auto set = placed<CUpti_ActivityMemset4>(CUPTI_ACTIVITY_KIND_MEMSET);
    set.bytes = 66;
    expectPlace(plain(set), Kind::Set, 66);
}

TEST(CuptiStructs, ALaunchAndItsNumberMeetInTheCorrelation) {
    CUpti_ActivityAPI call{};
    call.kind = CUPTI_ACTIVITY_KIND_RUNTIME;
    call.start = 10;
    call.end = 20;
    call.correlationId = 8;
    EXPECT_EQ(plain(call).kind, Kind::Call);
    EXPECT_EQ(plain(call).begin, 10);
    call.kind = CUPTI_ACTIVITY_KIND_DRIVER;
    EXPECT_EQ(plain(call).kind, Kind::Call);

    CUpti_ActivityExternalCorrelation pushed{};
    pushed.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION;
    pushed.correlationId = 8;
    pushed.externalId = std::uint64_t{1} << 63;
    EXPECT_EQ(plain(pushed).kind, Kind::Correlation);
    EXPECT_EQ(plain(pushed).correlation, plain(call).correlation);
    EXPECT_EQ(plain(pushed).external, std::uint64_t{1} << 63);
}

TEST(CuptiStructs, WaitingAndOverheadKeepTheirTimes) {
    CUpti_ActivitySynchronization2 waited{};
    waited.kind = CUPTI_ACTIVITY_KIND_SYNCHRONIZATION;
    waited.start = 3;
    waited.end = 9;
    EXPECT_EQ(plain(waited).kind, Kind::Synchronization);
    EXPECT_EQ(plain(waited).end, 9);
    CUpti_ActivityOverhead3 own{};
    own.kind = CUPTI_ACTIVITY_KIND_OVERHEAD;
    own.start = 4;
    own.end = 5;
    EXPECT_EQ(plain(own).kind, Kind::Overhead);
    EXPECT_EQ(plain(own).begin, 4);
}

TEST(CuptiStructs, OurOwnRangesAreNotReadASecondTime) {
    CUpti_ActivityMarker2 marker{};
    marker.kind = CUPTI_ACTIVITY_KIND_MARKER;
    marker.flags = CUPTI_ACTIVITY_FLAG_MARKER_START;
    marker.timestamp = 11;
    marker.id = 6;
    marker.domain = "NCCL";
    EXPECT_EQ(plain(marker).kind, Kind::MarkerBegin);
    EXPECT_EQ(plain(marker).begin, 11);
    marker.flags = CUPTI_ACTIVITY_FLAG_MARKER_END;
    EXPECT_EQ(plain(marker).kind, Kind::MarkerEnd);
    EXPECT_EQ(plain(marker).correlation, 6U);
    marker.domain = "ringscope";
    EXPECT_FALSE(read(marker).has_value());
}

CUpti_ActivityMemory4 memory(CUpti_ActivityMemoryOperationType operation,
                             CUpti_ActivityMemoryKind kind) {
    CUpti_ActivityMemory4 record{};
    record.kind = CUPTI_ACTIVITY_KIND_MEMORY2;
    record.memoryOperationType = operation;
    record.memoryKind = kind;
    record.address = 0x7f0000000000;
    record.bytes = 2 << 20;
    record.timestamp = 77;
    record.deviceId = 1;
    record.contextId = 2;
    record.streamId = 9;
    return record;
}

std::optional<GpuMemoryRecord> readMemory(const CUpti_ActivityMemory4& record) {
    return plainMemoryRecord(reinterpret_cast<const CUpti_Activity&>(record));
}

TEST(CuptiStructs, MemoryKeepsItsAddressSizeMomentAndPool) {
    auto record =
        memory(CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_ALLOCATION, CUPTI_ACTIVITY_MEMORY_KIND_DEVICE);
    record.isAsync = 1;
    record.memoryPoolConfig.memoryPoolType = CUPTI_ACTIVITY_MEMORY_POOL_TYPE_LOCAL;
    record.memoryPoolConfig.address = 0x5000;
    const GpuMemoryRecord taken = readMemory(record).value();
    EXPECT_TRUE(taken.taken);
    EXPECT_TRUE(taken.async);
    EXPECT_EQ(taken.where, GpuMemoryRecord::Where::Device);
    EXPECT_EQ(taken.address, 0x7f0000000000U);
    EXPECT_EQ(taken.bytes, 2 << 20);
    EXPECT_EQ(taken.at, 77);
    EXPECT_EQ(taken.device, 1U);
    EXPECT_EQ(taken.context, 2U);
    EXPECT_EQ(taken.stream, 9U);
    EXPECT_EQ(taken.pool, 0x5000U);
    const GpuMemoryRecord back = readMemory(memory(CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_RELEASE,
                                                   CUPTI_ACTIVITY_MEMORY_KIND_MANAGED))
                                     .value();
    EXPECT_FALSE(back.taken);
    EXPECT_EQ(back.where, GpuMemoryRecord::Where::Managed);
    EXPECT_EQ(back.pool, 0U);
}

TEST(CuptiStructs, MemoryOfTheHostIsSaidToBe) {
    const auto where = [](CUpti_ActivityMemoryKind kind) {
        return readMemory(memory(CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_ALLOCATION, kind))->where;
    };
    using Where = GpuMemoryRecord::Where;
    EXPECT_EQ(where(CUPTI_ACTIVITY_MEMORY_KIND_PINNED), Where::Host);
    EXPECT_EQ(where(CUPTI_ACTIVITY_MEMORY_KIND_PAGEABLE), Where::Host);
    EXPECT_EQ(where(CUPTI_ACTIVITY_MEMORY_KIND_DEVICE_STATIC), Where::Device);
    EXPECT_EQ(where(CUPTI_ACTIVITY_MEMORY_KIND_UNKNOWN), Where::Unknown);
}

TEST(CuptiStructs, MemoryThatIsNeitherTakenNorGivenBackIsBroken) {
    const auto record = readMemory(
        memory(CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_INVALID, CUPTI_ACTIVITY_MEMORY_KIND_DEVICE));
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(convertMemory({&*record, 1}, 0).broken, 1U);
    CUpti_ActivityKernel10 kernel{};
    kernel.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
    EXPECT_FALSE(plainMemoryRecord(reinterpret_cast<const CUpti_Activity&>(kernel)).has_value());
}

TEST(CuptiStructs, WhatNobodyAskedForIsSaidToBeOther) {
    CUpti_ActivityKernel10 record{};
    record.kind = CUPTI_ACTIVITY_KIND_PCIE;
    EXPECT_EQ(plain(record).kind, Kind::Other);
    record.kind = CUPTI_ACTIVITY_KIND_INVALID;
    EXPECT_EQ(plain(record).kind, Kind::Incomplete);
}

}  // namespace
}  // namespace ringscope
