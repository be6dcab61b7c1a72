// Registers a hook that reports the allocations of GPU tensors, and limits them.
#include "kernels/cuda/allocator_events.h"
#include "kernels/cuda/cuda_entry.h"

#include <ATen/Context.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>
#include <algorithm>
#include <exception>
#include <string>
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

// The allocator knows its limit as a fraction of the GPU's memory.
Result<void> limitCudaTensors(int device, Bytes budget) {
    namespace allocator = c10::cuda::CUDACachingAllocator;
    const auto index = static_cast<c10::DeviceIndex>(device);
    try {
        at::globalContext().lazyInitDevice(at::kCUDA);
        const c10::cuda::CUDAGuard guard(index);
        std::size_t unused = 0;
        std::size_t all = 0;
        C10_CUDA_CHECK(cudaMemGetInfo(&unused, &all));
        const double fraction = static_cast<double>(budget.count) / static_cast<double>(all);
        allocator::setMemoryFraction(std::min(fraction, 1.0), index);
    } catch (const std::exception& error) {
        const std::string reason = error.what();
        return Error{ErrorCode::Unavailable, "memory.budget cannot be kept on GPU " +
                                                 std::to_string(device) + ": " +
                                                 reason.substr(0, reason.find('\n'))};
    }
    return {};
}

}  // namespace ringscope
