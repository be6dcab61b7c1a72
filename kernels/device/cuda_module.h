// The CUDA half of the kernels: a library that a rank loads when it runs on a GPU, so that ranks on
// CPUs never load the CUDA libraries.
#pragma once

#include "backend/core/result.h"
#include "backend/core/units.h"
#include "profiler/device_allocations.h"

#include <functional>
#include <memory>

namespace ringscope {

class Group;
class RendezvousStore;
struct GpuKernels;
struct GroupOptions;

// May be called by any thread, while the allocator holds its lock. It runs in the rank program and
// not in the module, because the thread-local memory scope and trace place are the program's.
using AllocationWatcher = std::function<void(const DeviceMemoryEvent&)>;

// What libringscope_cuda.so offers. Rank program and module are built together, so the interface
// may use plain C++ types.
struct CudaModule {
    Result<std::unique_ptr<Group>> (*makeGroup)(const RendezvousStore& rendezvous,
                                                const GroupOptions& options);
    const GpuKernels* kernels;
    // Calls `watcher` for every allocation and release of a GPU tensor until the process ends.
    Result<void> (*watchTensors)(AllocationWatcher watcher);
    // The allocator takes no more than `budget` of the GPU's memory.
    Result<void> (*limitTensors)(int device, Bytes budget);
};

// Loads the module beside the running program, once. The error says what is missing.
Result<const CudaModule*> loadCudaModule();

}  // namespace ringscope
