// Block attention on a GPU. The platform's kernels compute full and causal blocks with plain rules:
// blocks by position are cut into pieces that those can do (plan/block_pieces.h), and what remains,
// and every block with other rules, goes to our own kernel. Outputs of pieces are merged;
// gradients, which are made with the output and lse over all keys, add up.
#pragma once

#include "kernels/block/gpu/gpu_kernels.h"

namespace ringscope {

BlockOutput piecewiseForward(const BlockInput& block, const GpuKernels& kernels);
void addPiecewiseGradients(const BlockInput& block, const BlockOutput& whole,
                           const at::Tensor& dOut, const BlockGradients& sums,
                           const GpuKernels& kernels);

}  // namespace ringscope
