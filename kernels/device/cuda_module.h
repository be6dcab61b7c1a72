// The CUDA half of the kernels, a library that is loaded when a rank runs on a GPU, so that CPU
// ranks never load the CUDA libraries.
#pragma once

#include "backend/core/result.h"
#include "profiler/device_allocations.h"

#include <functional>
#include <memory>

namespace ringscope {

class Group;
class Meeting;
struct GpuKernels;
struct GroupOptions;

// Called by any thread, while the allocator holds its lock; the function is the rank program's,
// where the thread's memory_scope and trace_place are.
using AllocationWatcher = std::function<void(const DeviceMemoryEvent&)>;

// What libringscope_cuda.so offers. Rank program and module are built together, so that plain C++
// types may cross.
struct CudaModule {
    Result<std::unique_ptr<Group>> (*makeGroup)(const Meeting& meeting,
                                                const GroupOptions& options);
    const GpuKernels* kernels;
    // From now on until the process ends, `watcher` hears of every GPU tensor's memory.
    Result<void> (*watchTensors)(AllocationWatcher watcher);
};

// Loads the module beside the running program, once; says what is missing where it cannot.
Result<const CudaModule*> loadCudaModule();

}  // namespace ringscope
