// Attention sinks: each query head has a learned score beside those of its keys, with no value. It
// takes a share of the attention weights, so a row's weights of keys add up to less than 1.
//
//   lse' = log(exp(lse) + exp(sink))        out' = out * exp(lse - lse')
//
// That changes a row when all its keys have been seen, wherever that is, and no message. The
// backward pass of the keys needs nothing but out' and lse' instead of out and lse.
#pragma once

#include "kernels/block/block_attention.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ringscope {

struct Sinks {
    at::Tensor scores{};    // (heads of the model); not defined: there are none
    at::Tensor gradient{};  // added up there; not defined: it is not wanted
};

// In place. `whole`: (B, n, H, D) and (B, n, H), of query heads from `firstHead` on.
void applySinks(const Sinks& sinks, std::int64_t firstHead, BlockOutput& whole);

// `whole` as applySinks() left it.
void addSinkGradients(const Sinks& sinks, std::int64_t firstHead, const BlockOutput& whole,
                      const at::Tensor& dOut);

}  // namespace ringscope
