// Attention where queries stay on their rank and keys and values go round a ring.
#pragma once

#include "kernels/attention/executor_table.h"
#include "kernels/block/block_attention.h"

namespace ringscope {

// own: K and V held at the start, (2, B, n, H, D).
BlockOutput attendAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own);

// `whole`: what attendAround() returned. The gradients of k and v are in the type sums are kept in.
AttentionGradients gradientsAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                                   const BlockOutput& whole, const at::Tensor& dOut);

}  // namespace ringscope
