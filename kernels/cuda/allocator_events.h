// What the caching allocator of GPU tensors says, in words of ours. Needs no GPU.
//
//   ALLOC            taken
//   FREE_COMPLETED   given back: a tensor that another stream still reads is held until then, which
//                    is when its memory can be used again
//   all others       nothing: of the segments that tensors are cut from, and of snapshots
#pragma once

#include "profiler/device_allocations.h"

#include <optional>

namespace c10::CachingDeviceAllocator {
struct TraceEntry;
}

namespace ringscope {

std::optional<DeviceMemoryEvent> deviceMemoryEvent(
    const c10::CachingDeviceAllocator::TraceEntry& entry);

}  // namespace ringscope
