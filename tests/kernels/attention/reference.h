// Attention written out in fp64 with plain tensor algebra: what everything else is held against.
#pragma once

#include "kernels/block/block_attention.h"

namespace ringscope::test {

// The largest absolute difference.
double distance(const at::Tensor& a, const at::Tensor& b);

// Forward of q (B, nq, Hq, D) against k, v (B, nk, Hk, D), everything in `type`. `sinks` (Hq): of
// each head a score beside those of its keys, with no value; not defined: none.
BlockOutput referenceForward(const BlockInput& block, at::ScalarType type = at::kDouble,
                             const at::Tensor& sinks = {});

// Gradients of sum(out * dOut) by autograd.
BlockGradients referenceBackward(const BlockInput& block, const at::Tensor& dOut,
                                 at::ScalarType type = at::kDouble, const at::Tensor& sinks = {});
at::Tensor referenceSinkGradient(const BlockInput& block, const at::Tensor& dOut,
                                 const at::Tensor& sinks);

// What gradients of all of a block's rows are added to.
BlockGradients emptySums(const BlockInput& block);

}  // namespace ringscope::test
