// What the CUDA module's files offer its entry point.
#pragma once

#include "kernels/block/gpu/gpu_kernels.h"
#include "kernels/comm/rendezvous.h"
#include "kernels/device/cuda_module.h"

namespace ringscope {

extern const GpuKernels cudaKernels;

Result<void> watchCudaTensors(AllocationWatcher watcher);
Result<void> limitCudaTensors(int device, Bytes budget);

Result<std::unique_ptr<Group>> makeNcclGroup(const RendezvousStore& rendezvous,
                                             const GroupOptions& options);

}  // namespace ringscope
