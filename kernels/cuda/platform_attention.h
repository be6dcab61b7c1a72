// Full and causal blocks with plain rules, by ATen's kernels.
#pragma once

#include "kernels/block/block_attention.h"

namespace ringscope {

bool platformTakes(const BlockInput& block);
BlockOutput platformForward(const BlockInput& block);
BlockGradients platformBackward(const BlockInput& block, const BlockOutput& whole,
                                const at::Tensor& dOut);

}  // namespace ringscope
