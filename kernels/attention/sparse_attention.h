// Native sparse attention of queries that have all keys here: the branches of
// backend/plan/native_sparse.h, and what their outputs and gates give.
//
//   out = gate[0] * compressed + gate[1] * selected + gate[2] * window      by token and query head
//
// A branch gives 0 for rows that see nothing of it. The selected branch is the step's blocks; those
// of the others are made here, for the block kernels like any.
#pragma once

#include "kernels/attention/compression.h"
#include "kernels/attention/local_attention.h"

namespace ringscope {

// Tensors that sparseForward() keeps: gates, output and lse of each branch, what was selected.
constexpr std::size_t keptOfSparse = 8;

LocalOutput sparseForward(const RankPart& part, const Step& step, const QueryKeyValue& tensors);

// As localBackward(), with the gradients of gates, (B, n, Hq, 3). Adds to the gradients of the
// parameters.
AttentionGradients sparseBackward(const RankPart& part, const Step& step,
                                  const QueryKeyValue& tensors, const std::vector<at::Tensor>& kept,
                                  const at::Tensor& dOut);

}  // namespace ringscope
