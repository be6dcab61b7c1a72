// Block attention on a CPU, under every mask and rule: full and causal blocks, windows, documents,
// soft-cap, ALiBi and dropout.
//
// Works through tiles of queries by tiles of keys. A tile of keys and values is packed once for the
// queries and heads of a thread that share it, then strips of 12 queries pass through it: a
// product, one pass over the scores, a product, all of it in the processor's first caches. What no
// query of a strip sees is skipped. A thread needs room for a few tiles, 1.5 MiB with heads of 128
// in fp32; nothing grows with the square of the tokens.
#pragma once

#include "kernels/block/block_attention.h"

namespace ringscope {

// For any block. bf16 and fp16 are computed in fp32, and `out` is then fp32.
BlockOutput tiledForward(const BlockInput& block);
void addTiledGradients(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut,
                       const BlockGradients& sums);

}  // namespace ringscope
