// Experts that several ranks share: each rank holds some, and tokens travel to the ranks of their
// experts and back. None is dropped, so a rank may get any number.
//
//   2 ranks, 4 experts, one each          rank 0: experts 0 1        rank 1: experts 2 3
//     tokens sorted by expert             a0 c1 | b3                 d0 | e2 f2
//     dispatch                            a0 c1 d0              b3 e2 f2       by rank, then expert
//     sorted by expert, computed          a0 d0 c1              e2 f2 b3
//     combine                             a c | b                    d | e f   as they left
//
// The backward pass sends gradients the same ways, so each rank adds up the gradients of its
// experts over the tokens of all. A trace shows them as "expert dispatch" and "expert combine";
// they count as Purpose::Experts.
#pragma once

#include "kernels/comm/group.h"
#include "kernels/model/experts.h"

#include <ATen/core/Tensor.h>

namespace ringscope {

// As addExperts(), with experts that the ranks of `group` share: `experts` are this rank's, the
// others have as many, in rank order. Layer `layer`, for traces. All ranks must call it.
at::Tensor addSpreadExperts(const at::Tensor& x, const Experts& experts, const Routing& routing,
                            const at::Tensor& residual, Group& group, int layer);

}  // namespace ringscope
