// The functions that a device must have for attention. One table for each device: cpu_kernels.cpp,
// and gpu_kernels.cpp, which uses the CUDA module's (gpu_kernels.h).
#pragma once

#include "kernels/block/block_attention.h"
#include "kernels/device/row_copy_task.h"

namespace ringscope {

struct BlockKernels {
    BlockOutput (*forward)(const BlockInput& block);
    void (*addGradients)(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut,
                         const BlockGradients& sums);
    void (*merge)(at::Tensor& out, at::Tensor& lse, const BlockOutput& part);  // merge.h
    void (*copyRows)(const RowCopyTask& task);                                 // row_copies.h
    // Whether cpu/scattered_rows.h is for these tensors, and addGradients takes BlockOutput::delta.
    bool scatteredRows = false;
};

extern const BlockKernels cpuBlockKernels;
extern const BlockKernels gpuBlockKernels;  // its functions throw without the CUDA module

// The kernels for tensors on `tensor`'s device.
const BlockKernels& blockKernelsFor(const at::Tensor& tensor);

}  // namespace ringscope
