#include "profiler/cupti_structs.h"

#include <string_view>

namespace ringscope {
namespace {

using Kind = GpuRecord::Kind;

// The record structs this CUPTI fills; a toolkit with newer ones gets its names here.
static_assert(CUPTI_API_VERSION / 10000 == 13, "the record structs below are those of CUPTI 13");
using KernelRecord = CUpti_ActivityKernel10;
using CopyRecord = CUpti_ActivityMemcpy6;
using PeerCopyRecord = CUpti_ActivityMemcpyPtoP4;
using SetRecord = CUpti_ActivityMemset4;
using MarkerRecord = CUpti_ActivityMarker2;
using SynchronizationRecord = CUpti_ActivitySynchronization2;
using OverheadRecord = CUpti_ActivityOverhead3;
using MemoryRecord = CUpti_ActivityMemory4;

template <typename Record>
const Record& as(const CUpti_Activity& activity) {
    return reinterpret_cast<const Record&>(activity);
}

template <typename Record>
GpuRecord timed(Kind kind, const Record& record) {
    return {.kind = kind,
            .correlation = record.correlationId,
            .begin = static_cast<std::int64_t>(record.start),
            .end = static_cast<std::int64_t>(record.end)};
}

template <typename Record>
GpuRecord onStream(Kind kind, const Record& record) {
    GpuRecord plain = timed(kind, record);
    plain.device = record.deviceId;
    plain.context = record.contextId;
    plain.stream = record.streamId;
    return plain;
}

template <typename Record>
GpuRecord withBytes(Kind kind, const Record& record) {
    GpuRecord plain = onStream(kind, record);
    plain.bytes = static_cast<std::int64_t>(record.bytes);
    return plain;
}

// A range is two records of one number. A moment alone is no span.
std::optional<GpuRecord> markerOf(const MarkerRecord& marker) {
    constexpr int begins = CUPTI_ACTIVITY_FLAG_MARKER_START;
    constexpr int ends = CUPTI_ACTIVITY_FLAG_MARKER_END;
    if ((marker.flags & (begins | ends)) == 0) return std::nullopt;
    if (marker.domain != nullptr && std::string_view(marker.domain) == "ringscope")
        return std::nullopt;
    return GpuRecord{.kind = (marker.flags & begins) != 0 ? Kind::MarkerBegin : Kind::MarkerEnd,
                     .correlation = marker.id,
                     .begin = static_cast<std::int64_t>(marker.timestamp)};
}

GpuRecord correlationIn(const CUpti_ActivityExternalCorrelation& record) {
    return {.kind = Kind::Correlation,
            .correlation = record.correlationId,
            .external = record.externalId};
}

GpuMemoryRecord::Where whereIs(CUpti_ActivityMemoryKind kind) {
    switch (kind) {
        case CUPTI_ACTIVITY_MEMORY_KIND_DEVICE:
        case CUPTI_ACTIVITY_MEMORY_KIND_ARRAY:
        case CUPTI_ACTIVITY_MEMORY_KIND_DEVICE_STATIC:
            return GpuMemoryRecord::Where::Device;
        case CUPTI_ACTIVITY_MEMORY_KIND_MANAGED:
        case CUPTI_ACTIVITY_MEMORY_KIND_MANAGED_STATIC:
            return GpuMemoryRecord::Where::Managed;
        case CUPTI_ACTIVITY_MEMORY_KIND_PAGEABLE:
        case CUPTI_ACTIVITY_MEMORY_KIND_PINNED:
            return GpuMemoryRecord::Where::Host;
        default:
            return GpuMemoryRecord::Where::Unknown;
    }
}

}  // namespace

std::optional<GpuMemoryRecord> plainMemoryRecord(const CUpti_Activity& activity) {
    if (activity.kind != CUPTI_ACTIVITY_KIND_MEMORY2) return std::nullopt;
    const auto& record = as<MemoryRecord>(activity);
    const bool taken =
        record.memoryOperationType == CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_ALLOCATION;
    if (!taken && record.memoryOperationType != CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_RELEASE)
        return GpuMemoryRecord{};  // neither: counted as broken
    const bool pooled =
        record.memoryPoolConfig.memoryPoolType != CUPTI_ACTIVITY_MEMORY_POOL_TYPE_INVALID;
    return GpuMemoryRecord{.taken = taken,
                           .async = record.isAsync != 0,
                           .where = whereIs(record.memoryKind),
                           .address = record.address,
                           .bytes = static_cast<std::int64_t>(record.bytes),
                           .at = static_cast<std::int64_t>(record.timestamp),
                           .device = record.deviceId,
                           .context = record.contextId,
                           .stream = record.streamId,
                           .pool = pooled ? record.memoryPoolConfig.address : 0};
}

std::optional<GpuRecord> plainRecord(const CUpti_Activity& activity) {
    switch (activity.kind) {
        case CUPTI_ACTIVITY_KIND_KERNEL:
        case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
            return onStream(Kind::Kernel, as<KernelRecord>(activity));
        case CUPTI_ACTIVITY_KIND_MEMCPY:
            return withBytes(Kind::Copy, as<CopyRecord>(activity));
        case CUPTI_ACTIVITY_KIND_MEMCPY2:
            return withBytes(Kind::PeerCopy, as<PeerCopyRecord>(activity));
        case CUPTI_ACTIVITY_KIND_MEMSET:
            return withBytes(Kind::Set, as<SetRecord>(activity));
        case CUPTI_ACTIVITY_KIND_RUNTIME:
        case CUPTI_ACTIVITY_KIND_DRIVER:
            return timed(Kind::Call, as<CUpti_ActivityAPI>(activity));
        case CUPTI_ACTIVITY_KIND_SYNCHRONIZATION:
            return timed(Kind::Synchronization, as<SynchronizationRecord>(activity));
        case CUPTI_ACTIVITY_KIND_OVERHEAD:
            return timed(Kind::Overhead, as<OverheadRecord>(activity));
        case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION:
            return correlationIn(as<CUpti_ActivityExternalCorrelation>(activity));
        case CUPTI_ACTIVITY_KIND_MARKER:
            return markerOf(as<MarkerRecord>(activity));
        case CUPTI_ACTIVITY_KIND_INVALID:
            return GpuRecord{.kind = Kind::Incomplete};
        default:
            return GpuRecord{.kind = Kind::Other};
    }
}

}  // namespace ringscope
