#include "profiler/device_allocations.h"

namespace ringscope {

void DeviceAllocations::tell(const DeviceMemoryEvent& event) {
    if (event.kind == DeviceMemoryEvent::Kind::Refused) return;
    const std::lock_guard lock(mutex_);
    const std::pair place(event.device, event.address);
    const auto found = live_.find(place);
    if (found != live_.end()) {
        // An address is taken once at a time: its end was not told.
        log_.freed(found->second);
        live_.erase(found);
    } else if (event.kind == DeviceMemoryEvent::Kind::GivenBack) {
        ++unknown_;
    }
    if (event.kind == DeviceMemoryEvent::Kind::Taken) log_.allocated(live_[place], event.bytes);
}

std::uint64_t DeviceAllocations::unknown() const {
    const std::lock_guard lock(mutex_);
    return unknown_;
}

}  // namespace ringscope
