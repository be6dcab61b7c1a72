#include "kernels/model/norm.h"

#include "kernels/model/chunks.h"
#include "kernels/model/elementwise.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/zeros.h>

#include <array>
#include <tuple>

namespace ringscope {

at::Tensor Norm::gainValue() const {
    const at::Tensor stored = gain.value.detach();
    return gainFromOne ? stored + 1 : stored;
}

void Norm::apply(const at::Tensor& x, at::Tensor& normed, at::Tensor& factors) const {
    if (!defined())
        normed.copy_(x);
    else if (kind == NormKind::Rms)
        rmsNorm(x, gainValue(), eps, normed, factors);
    else
        applyAgain(x, factors, normed);
}

void Norm::applyAgain(const at::Tensor& x, const at::Tensor& factors, at::Tensor& normed) const {
    if (!defined())
        normed.copy_(x);
    else if (kind == NormKind::Rms)
        rmsNormAgain(x, gainValue(), factors, normed);
    else
        normed.copy_(std::get<0>(
            at::native_layer_norm(x, {x.size(1)}, gain.value.detach(), bias.value.detach(), eps)));
}

void Norm::backward(const at::Tensor& x, const at::Tensor& factors, const at::Tensor& dNormed,
                    at::Tensor& dx) const {
    if (!defined()) {
        dx.add_(dNormed);
        return;
    }
    // Of a frozen norm nobody keeps it.
    at::Tensor dGain = gain.gradient.defined()
                           ? gain.gradient
                           : at::zeros({x.size(1)}, x.options().dtype(sumType(x)));
    if (kind == NormKind::Rms) {
        rmsNormBackward(x, gainValue(), factors, dNormed, dx, dGain);
        return;
    }
    const at::Tensor gains = gain.value.detach();
    const at::Tensor biases = bias.value.detach();
    const auto [normed, mean, inverse] = at::native_layer_norm(x, {x.size(1)}, gains, biases, eps);
    const auto [d, dGains, dBiases] = at::native_layer_norm_backward(
        dNormed, x, {x.size(1)}, mean, inverse, gains, biases, {true, true, true});
    dx.add_(d);
    if (!gain.gradient.defined()) return;
    at::Tensor dBias = bias.gradient;
    dGain.add_(dGains);
    dBias.add_(dBiases);
}

void keep(torch::autograd::AutogradContext* context, const std::string& name, const Norm& norm) {
    keep(context, name + ".gain", norm.gain);
    keep(context, name + ".bias", norm.bias);
    context->saved_data[name + ".kind"] = static_cast<std::int64_t>(norm.kind);
    context->saved_data[name + ".from_one"] = norm.gainFromOne;
    context->saved_data[name + ".eps"] = norm.eps;
}

Norm keptNorm(torch::autograd::AutogradContext* context, const std::string& name) {
    return {.gain = kept(context, name + ".gain"),
            .bias = kept(context, name + ".bias"),
            .kind = static_cast<NormKind>(context->saved_data[name + ".kind"].toInt()),
            .gainFromOne = context->saved_data[name + ".from_one"].toBool(),
            .eps = context->saved_data[name + ".eps"].toDouble()};
}

}  // namespace ringscope
