#include "kernels/train/device_memory.h"

#include <c10/core/CachingDeviceAllocator.h>

namespace ringscope {

Bytes peakDeviceMemory(c10::Device device) {
    const c10::CachingDeviceAllocator::DeviceStats stats =
        at::getDeviceAllocator(device.type())->getDeviceStats(device.index());
    constexpr auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    return {stats.allocated_bytes[all].peak};
}

}  // namespace ringscope
