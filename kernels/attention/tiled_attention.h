// Block attention on a CPU, under every mask and rule: full and causal blocks, windows, documents,
// soft-cap, ALiBi and dropout.
//
// Works through tiles of queries by tiles of keys: two matrix products and one pass over the scores
// between them, so that no more than a tile of scores exists at a time. Tiles without a visible
// pair are skipped, rows of a tile that see nothing of it too.
#pragma once

#include "kernels/attention/block_attention.h"

namespace ringscope {

// For any block. Halves are computed, and out and gradients answered, in fp32.
BlockOutput tiledForward(const BlockInput& block);
BlockGradients tiledBackward(const BlockInput& block, const BlockOutput& whole,
                             const at::Tensor& dOut);

}  // namespace ringscope
