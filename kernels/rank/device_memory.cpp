#include "kernels/rank/device_memory.h"

#include "kernels/device/cuda_module.h"
#include "kernels/rank/memory_budget.h"
#include "profiler/device_allocations.h"

#include <c10/core/CachingDeviceAllocator.h>

namespace ringscope {

Bytes peakDeviceMemory(c10::Device device) {
    const c10::CachingDeviceAllocator::DeviceStats stats =
        at::getDeviceAllocator(device.type())->getDeviceStats(device.index());
    constexpr auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    return {stats.allocated_bytes[all].peak};
}

AllocationLog& deviceTensorLog() {
    static AllocationLog* const lasting = new AllocationLog;
    return *lasting;
}

Result<void> logDeviceTensors() {
    RINGSCOPE_TRY(const CudaModule* module, loadCudaModule());
    // The allocator calls it until the process ends.
    static auto* const allocations = new DeviceAllocations(deviceTensorLog());
    static const Result<void> attached = module->watchTensors([](const DeviceMemoryEvent& event) {
        if (event.kind == DeviceMemoryEvent::Kind::Refused)
            keepRefusal({event.bytes}, deviceTensorLog());
        else
            allocations->tell(event);
    });
    return attached;
}

Result<void> limitDeviceTensors(c10::Device device, Bytes budget) {
    RINGSCOPE_CHECK(logDeviceTensors());
    RINGSCOPE_TRY(const CudaModule* module, loadCudaModule());
    forgetRefusal();
    return module->limitTensors(device.index(), budget);
}

}  // namespace ringscope
