// Queries that stay, keys and values that go round a ring: the steps of a pass over tensors of the
// ranks of one place.
#pragma once

#include "kernels/attention/executor_table.h"
#include "kernels/block/block_attention.h"

namespace ringscope {

// own: K and V held at the start, (2, B, n, H, D).
BlockOutput attendAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own);

// `whole`: what attendAround() answered. The gradients of k and v are in the type sums are kept in.
AttentionGradients gradientsAround(const RankPart& part, const at::Tensor& q, const at::Tensor& own,
                                   const BlockOutput& whole, const at::Tensor& dOut);

}  // namespace ringscope
