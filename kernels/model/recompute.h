// A part of the model whose backward pass computes its forward pass once more instead of keeping
// what it needs: only the inputs are kept.
#pragma once

#include "kernels/model/activation_store.h"
#include "kernels/model/router_use.h"

#include <ATen/core/Tensor.h>

#include <functional>

namespace ringscope {

// What the part makes of x, and of `aside` where it has a second input. It must give the same
// whenever it is called with the same tensors. It may run in another thread.
using ModelPart =
    std::function<at::Tensor(const at::Tensor& x, const at::Tensor& aside, RouterUse& routers)>;

// part(x, aside, routers), differentiable. The part runs without a graph, and with one in the
// backward pass, which adds to the gradients of weights. What it says to `routers` counts once. A
// trace shows the second run as SpanPass::Recompute. With a store, x waits there for it; the store
// must outlive the backward pass.
at::Tensor recomputed(const at::Tensor& x, const at::Tensor& aside, RouterUse& routers,
                      ModelPart part, ActivationStore* store = nullptr);

}  // namespace ringscope
