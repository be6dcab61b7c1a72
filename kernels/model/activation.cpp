#include "kernels/model/activation.h"

#include "kernels/model/elementwise.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>

#include <string_view>

namespace ringscope {
namespace {

// The word by which libtorch's gelu knows the form.
constexpr std::string_view formOf(FeedForwardKind kind) {
    return kind == FeedForwardKind::Gelu ? "none" : "tanh";
}

}  // namespace

void activate(FeedForwardKind kind, const at::Tensor& projected, at::Tensor& hidden) {
    if (kind == FeedForwardKind::Swiglu) return gated(projected, hidden);
    if (kind == FeedForwardKind::SwigluClamped) return clampedGated(projected, hidden);
    const std::int64_t width = hidden.size(1);
    hidden.copy_(at::gelu(projected.narrow(1, 0, width), formOf(kind)));
    if (rowOf(kind).gated) hidden.mul_(projected.narrow(1, width, width));
}

void activateBackward(FeedForwardKind kind, const at::Tensor& projected, const at::Tensor& dHidden,
                      at::Tensor& dProjected) {
    if (kind == FeedForwardKind::Swiglu) return gatedBackward(projected, dHidden, dProjected);
    if (kind == FeedForwardKind::SwigluClamped)
        return clampedGatedBackward(projected, dHidden, dProjected);
    const std::int64_t width = dHidden.size(1);
    const at::Tensor in = projected.narrow(1, 0, width);
    at::Tensor dGelu = dHidden;
    if (rowOf(kind).gated) {
        dProjected.narrow(1, width, width).copy_(dHidden * at::gelu(in, formOf(kind)));
        dGelu = dHidden * projected.narrow(1, width, width);
    }
    dProjected.narrow(1, 0, width).copy_(at::gelu_backward(dGelu, in, formOf(kind)));
}

}  // namespace ringscope
