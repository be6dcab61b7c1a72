// Attention of one block of queries against one block of keys, forward and backward.
//
// Tensors have a row for each token: q (B, nq, Hq, D), k and v (B, nk, Hk, D), lse (B, nq, Hq).
// Hk divides Hq: query head h uses key head h / (Hq / Hk), and nothing is repeated in memory. Only
// D has to be contiguous, so slices of rows or heads go in as they are.
#pragma once

#include "backend/plan/mask.h"
#include "kernels/block/score_rules.h"

#include <ATen/core/Tensor.h>
#include <vector>

namespace ringscope {

struct BlockInput {
    at::Tensor q;
    at::Tensor k;
    at::Tensor v;
    MaskKind mask = MaskKind::Full;  // Causal: row i sees keys 0..i
    ScoreRules rules{};

    // The tokens of the rows, where the mask or the rules ask for them.
    TokenRun queryTokens{};
    TokenRun keyTokens{};
};

struct BlockOutput {
    at::Tensor out;  // (B, nq, Hq, D), in the type of q or fp32
    at::Tensor lse;  // (B, nq, Hq), logarithm of the sum of exponentials; never below fp32
    // Of a pattern whose branches are kept apart: each one's output of its own rows (RowOutputs).
    std::vector<at::Tensor> branches{};
    // For gradients on a CPU: the sums of out * dOut over columns, (B, nq, H) in the type of lse,
    // in the place of `out`.
    at::Tensor delta{};
};

struct BlockGradients {
    at::Tensor q;
    at::Tensor k;
    at::Tensor v;
};

BlockOutput blockForward(const BlockInput& block);

// Adds the block's gradients to `sums`, tensors of the block's rows in the type sums are kept in.
// `whole` is the output and lse over ALL keys, not over this block alone: then the gradients of a
// query's blocks add up to the gradients of the whole.
void addBlockGradients(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut,
                       const BlockGradients& sums);

}  // namespace ringscope
