// Memory that this process took from the GPU's driver, as allocations: the conversion of CUPTI's
// memory records, free of CUPTI itself.
//
// These are segments: what the allocator of tensors cuts its tensors from, and what NCCL, cuDNN,
// cuBLAS and others took beside it. A tensor lies within one, so segments are a curve of their own
// (MemoryCategory::Segments) and never added to the tensors.
#pragma once

#include "backend/trace/allocation.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ringscope {

struct GpuMemoryRecord {
    enum class Where : std::uint8_t {
        Device,
        Managed,  // the driver moves it to where it is used; counted as the device's
        Host,     // pinned or pageable: no device's
        Unknown,
    };
    bool taken = false;  // else given back
    bool async = false;  // in the order of a stream
    Where where = Where::Unknown;
    std::uint64_t address = 0;
    std::int64_t bytes = 0;
    std::int64_t at = 0;  // 0: CUPTI does not know
    std::uint32_t device = 0;
    std::uint32_t context = 0;
    std::uint32_t stream = 0;  // of what is async
    std::uint64_t pool = 0;    // that it came from: its address; 0: none
};

struct GpuMemory {
    std::vector<Allocation> segments;  // by begin
    std::uint64_t broken = 0;          // records without address, size or time: left out
    std::uint64_t elsewhere = 0;       // records of memory that is no device's: left out
};

// What was there at `from` or later. Records come in any order. What is given back without a record
// of having been taken was there before CUPTI listened: it is counted from `from` on.
GpuMemory convertMemory(std::span<const GpuMemoryRecord> records, std::int64_t from);

// To be shown beside the curve; none where all is well.
std::vector<std::string> notesOn(const GpuMemory& memory);

}  // namespace ringscope
