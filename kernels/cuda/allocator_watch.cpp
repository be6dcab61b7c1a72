// Registers a hook that reports the allocations of GPU tensors.
#include "kernels/cuda/allocator_events.h"
#include "kernels/cuda/cuda_entry.h"

#include <ATen/Context.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <exception>
#include <utility>

namespace ringscope {

// The allocator keeps its hooks until the process ends.
Result<void> watchCudaTensors(AllocationWatcher watcher) {
    namespace allocator = c10::cuda::CUDACachingAllocator;
    try {
        at::globalContext().lazyInitDevice(at::kCUDA);  // there is an allocator for each device
        allocator::attachAllocatorTraceTracker(
            [watcher = std::move(watcher)](const allocator::TraceEntry& entry) {
                if (const auto event = deviceMemoryEvent(entry)) watcher(*event);
            });
    } catch (const std::exception& error) {
        const std::string reason = error.what();
        return Error{ErrorCode::Unavailable, "the allocations of GPU tensors cannot be recorded: " +
                                                 reason.substr(0, reason.find('\n'))};
    }
    return {};
}

}  // namespace ringscope
