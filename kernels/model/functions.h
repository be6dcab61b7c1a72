// The transformer's differentiable pieces, each one node of the graph.
//
// A piece saves what its backward pass cannot cheaply recompute, works through its rows in chunks
// so that temporaries stay small, and adds weights' gradients straight to Weight::gradient. So the
// backward pass of a graph must run once only, and there are no second derivatives.
//
// Activations are (B, n, width), contiguous; weights (out, in).
#pragma once

#include "kernels/model/elementwise.h"
#include "kernels/model/parameters.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ringscope {

// tokens (B, n) -> (B, n, hidden).
at::Tensor embed(const at::Tensor& tokens, const Weight& table);

// Normalised, projected and rotated heads. Saves only x.
struct Heads {
    at::Tensor q;  // (B, n, Hq, D)
    at::Tensor k;  // (B, n, Hk, D)
    at::Tensor v;  // (B, n, Hk, D)
};
struct HeadShape {
    std::int64_t heads = 1;
    std::int64_t kvHeads = 1;
    std::int64_t headDim = 1;
};
Heads projectHeads(const at::Tensor& x, const Weight& gain, const Weight& qkv, double eps,
                   const RotaryTable& rotary, const HeadShape& shape);

// residual + in * weight^T.
at::Tensor addProjection(const at::Tensor& residual, const at::Tensor& in, const Weight& weight);

// x + down(silu(gate) * up) of the normalised x. Saves x, gates and ups.
at::Tensor addFeedForward(const at::Tensor& x, const Weight& gain, const Weight& gateUp,
                          const Weight& down, double eps);

// scale * the summed negative log-likelihoods of `labels` (B, n), a double. Logits exist for a
// chunk of rows at a time: the forward pass computes the gradients of the head and of x with them,
// so the gradient of the result must be 1.
at::Tensor headLoss(const at::Tensor& x, const Weight& gain, const Weight& head, double eps,
                    const at::Tensor& labels, double scale);

}  // namespace ringscope
