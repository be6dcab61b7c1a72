// What a device brings to attention. One row for each device: cpu_kernels.cpp, and cuda_kernels.cpp
// in the CUDA module, where the kernel is chosen by type as well.
#pragma once

#include "kernels/attention/block_attention.h"

namespace ringscope {

struct BlockKernels {
    BlockOutput (*forward)(const BlockInput& block);
    BlockGradients (*backward)(const BlockInput& block, const BlockOutput& whole,
                               const at::Tensor& dOut);
    void (*merge)(at::Tensor& out, at::Tensor& lse, const BlockOutput& part);  // merge.h
};

extern const BlockKernels cpuBlockKernels;

// The kernels for tensors on `tensor`'s device.
const BlockKernels& blockKernelsFor(const at::Tensor& tensor);

}  // namespace ringscope
