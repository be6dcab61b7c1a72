// The transformer's differentiable pieces, each one node of the graph.
//
// A piece saves what its backward pass cannot cheaply recompute, works through its rows in chunks
// so that temporaries stay small, and adds weights' gradients straight to Weight::gradient. So the
// backward pass of a graph must run once only, and there are no second derivatives.
//
// Activations are (B, n, width), contiguous; weights (out, in).
#pragma once

#include "kernels/model/elementwise.h"
#include "kernels/model/norm.h"
#include "kernels/model/projection.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace ringscope {

// tokens (B, n) -> (B, n, hidden), times `scale`.
at::Tensor embed(const at::Tensor& tokens, const Weight& table, double scale = 1);

// The projection of the normalised x. Saves only x.
at::Tensor project(const at::Tensor& x, const Norm& norm, const Projection& projection);

// Normalised, projected and rotated heads. Saves only x, and the projected rows where queries and
// keys have norms.
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
struct HeadParts {
    Norm norm{};
    Projection qkv{};
    Norm queryNorm{};  // of a head, or of all of them side by side: its gain has as many columns
    Norm keyNorm{};
};
Heads projectHeads(const at::Tensor& x, const HeadParts& parts, const RotaryTable& rotary,
                   const HeadShape& shape);

// residual + norm(in weight^T + bias).
at::Tensor addProjection(const at::Tensor& residual, const at::Tensor& in,
                         const Projection& projection, const Norm& after = {});

// residual + after(down(activation(in(before(x))))), where `residual` is x unless given. Saves x
// and what the first projection gives; with a norm after, also what the last one gives. With a tile
// it saves x alone: what the first projection gives exists for so many rows at a time, and the
// backward pass computes it again.
struct FeedForward {
    FeedForwardKind kind = FeedForwardKind::Swiglu;
    Norm before{};
    Projection in{};  // gates and ups, or ups alone
    Projection down{};
    Norm after{};
    std::int64_t tile = 0;  // rows; 0: none
};
at::Tensor addFeedForward(const at::Tensor& x, const FeedForward& parts,
                          const std::optional<at::Tensor>& residual = std::nullopt);

// The last norm and the projection to logits.
struct Head {
    Norm norm{};
    Weight weight{};
    std::optional<double> softcap{};
    std::int64_t tile =
        0;            // rows of logits that exist at once; 0: of 16 MiB in fp32, on a GPU of 256
    LossRule rule{};  // of headLoss()
};

// (R, vocabulary) of rows (R, hidden), without autograd.
at::Tensor headLogits(const at::Tensor& rows, const Head& head);

// The summed negative log-likelihoods of `labels` (B, n), without a gradient. `likeliest`, where it
// is not null, gets the likeliest next token of each row, (B * n), int64.
double headLikelihoods(const at::Tensor& x, const Head& head, const at::Tensor& labels,
                       at::Tensor* likeliest = nullptr);

// scale * the summed losses of `labels` (B, n), a double. Logits exist for a
// chunk of rows at a time: the forward pass computes the gradients of the head and of x with them,
// so the gradient of the result must be 1.
at::Tensor headLoss(const at::Tensor& x, const Head& head, const at::Tensor& labels, double scale);

}  // namespace ringscope
