// Copies rows between slices by rank and the sequence in token order, all spans of all ranks in one
// launch.
//
//   zigzag, 2 ranks     slices  r0: 0 1 6 7   r1: 2 3 4 5      whole  0 1 2 3 4 5 6 7
#pragma once

#include "backend/plan/layout.h"
#include "kernels/device/row_copy_task.h"

#include <ATen/core/Tensor.h>

namespace ringscope {

// slices: (P, ..., n, h, D), of each rank of `owned` its tokens; whole: (..., S, h, D). Contiguous.
void copyToTokenOrder(const at::Tensor& slices, const ShardLayout& owned, at::Tensor& whole);
void copyToSlices(const at::Tensor& whole, const ShardLayout& owned, at::Tensor& slices);

// The CPU's kernel, which tests hold the CUDA kernel against.
void copyRowsOnCpu(const RowCopyTask& task);

}  // namespace ringscope
