// Listens to the caching allocator of GPU tensors.
#include "kernels/cuda/allocator_events.h"
#include "kernels/cuda/cuda_entry.h"

#include <ATen/Context.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <exception>
#include <utility>

namespace ringscope {

// The allocator keeps its listeners for as long as the process lives.
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
        return Error{ErrorCode::Unavailable,
                     "the allocator of GPU tensors cannot be listened to: " +
                         reason.substr(0, reason.find('\n'))};
    }
    return {};
}

}  // namespace ringscope
