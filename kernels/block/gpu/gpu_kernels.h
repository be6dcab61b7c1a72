// The functions that a GPU must have for attention: the platform's fast kernels for full and causal
// blocks with plain rules, and our own kernel for any block. piecewise_attention.h combines them.
#pragma once

#include "backend/plan/block_pieces.h"
#include "kernels/block/block_attention.h"
#include "kernels/device/attention_task.h"
#include "kernels/device/row_copy_task.h"

namespace ringscope {

struct GpuKernels {
    // Whether the platform's kernels take tensors like the block's.
    bool (*takes)(const BlockInput& block);
    BlockOutput (*forward)(const BlockInput& block);
    BlockGradients (*backward)(const BlockInput& block, const BlockOutput& whole,
                               const at::Tensor& dOut);
    PieceCosts (*costs)(const BlockInput& block);

    void (*run)(const AttentionTask& task);  // our own, on the tensors' device
    void (*merge)(at::Tensor& out, at::Tensor& lse, const BlockOutput& part);  // merge.h
    void (*copyRows)(const RowCopyTask& task);                                 // row_copies.h
};

}  // namespace ringscope
