#include "kernels/cuda/allocator_events.h"

#include <c10/core/CachingDeviceAllocator.h>

namespace ringscope {

std::optional<DeviceMemoryEvent> deviceMemoryEvent(
    const c10::CachingDeviceAllocator::TraceEntry& entry) {
    using Entry = c10::CachingDeviceAllocator::TraceEntry;
    DeviceMemoryEvent event{.kind = DeviceMemoryEvent::Kind::Taken,
                            .device = entry.device_,
                            .address = entry.addr_,
                            .bytes = static_cast<std::int64_t>(entry.size_)};
    switch (entry.action_) {
        case Entry::ALLOC:
            return event;
        case Entry::FREE_COMPLETED:
            event.kind = DeviceMemoryEvent::Kind::GivenBack;
            return event;
        case Entry::OOM:
            event.kind = DeviceMemoryEvent::Kind::Refused;
            return event;
        case Entry::FREE_REQUESTED:
        case Entry::SEGMENT_ALLOC:
        case Entry::SEGMENT_FREE:
        case Entry::SEGMENT_MAP:
        case Entry::SEGMENT_UNMAP:
        case Entry::SNAPSHOT:
            break;
    }
    return std::nullopt;
}

}  // namespace ringscope
