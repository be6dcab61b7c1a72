// Translates the events of the caching allocator of GPU tensors. Needs no GPU.
//
//   ALLOC            allocated
//   FREE_COMPLETED   freed; for a tensor that another stream reads, once that stream is done and
//                    the memory can be used again
//   OOM              refused
//   all others       nothing: they are about segments that tensors are cut from, and snapshots
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
