// The GPU's own tiled attention over tensors: for every block, mask and rule, with heads of up to
// mostHeadSize columns. Device-neutral: `run` must carry out a
// task on the tensors' device.
#pragma once

#include "kernels/block/block_attention.h"
#include "kernels/device/attention_task.h"

#include <vector>

namespace ringscope {

using RunAttention = void (*)(const AttentionTask& task);

// seen: the keys of each row in place of what the block's mask says. Empty: the mask of the block,
// which is then Full or Causal. Out, lse and gradients are in the type sums are kept in.
BlockOutput tiledGpuForward(const BlockInput& block, const std::vector<TokenSpan>& seen,
                            RunAttention run);
BlockGradients tiledGpuBackward(const BlockInput& block, const std::vector<TokenSpan>& seen,
                                const BlockOutput& whole, const at::Tensor& dOut, RunAttention run);

}  // namespace ringscope
