// Merges the attention output over some keys with the output over other keys.
//
//   lse' = log(exp(lse) + exp(part.lse))
//   out' = out * exp(lse - lse') + part.out * exp(part.lse - lse')
//
// Both exponents are at most zero, so nothing overflows however far apart the two are. A row
// without any key has lse -inf and out 0; merging it changes nothing.
#pragma once

#include "kernels/block/block_attention.h"

namespace ringscope {

// In place. out (B, n, H, D) in fp32 or fp64 and lse (B, n, H) in the same type may be slices of
// rows; part.out may be of a smaller type.
void mergePart(at::Tensor& out, at::Tensor& lse, const BlockOutput& part);

// The CPU's kernel, which tests hold the CUDA kernel against.
void mergePartOnCpu(at::Tensor& out, at::Tensor& lse, const BlockOutput& part);

}  // namespace ringscope
