#include "kernels/model/projection.h"

#include "kernels/model/chunks.h"
#include "kernels/model/products.h"

namespace ringscope {

at::Tensor Projection::apply(const at::Tensor& in) const {
    at::Tensor out = product(in, weight.value.detach().t());
    if (bias.defined()) out.add_(bias.value.detach());
    return out;
}

void Projection::applyInto(at::Tensor& out, const at::Tensor& in) const {
    productInto(out, in, weight.value.detach().t());
    if (bias.defined()) out.add_(bias.value.detach());
}

at::Tensor Projection::addedTo(const at::Tensor& addend, const at::Tensor& in) const {
    at::Tensor out = sumWithProduct(addend, in, weight.value.detach().t());
    if (bias.defined()) out.add_(bias.value.detach());
    return out;
}

void Projection::addedInto(at::Tensor& out, const at::Tensor& addend, const at::Tensor& in) const {
    sumWithProductInto(out, addend, in, weight.value.detach().t());
    if (bias.defined()) out.add_(bias.value.detach());
}

void Projection::addGradients(const at::Tensor& dOut, const at::Tensor& in) const {
    at::Tensor dWeight = weight.gradient;
    addProduct(dWeight, dOut.t(), in);
    if (!bias.defined()) return;
    at::Tensor dBias = bias.gradient;
    dBias.add_(dOut.to(dBias.scalar_type()).sum(0));
}

at::Tensor Projection::back(const at::Tensor& dOut) const {
    return product(dOut, weight.value.detach());
}

void Projection::backInto(at::Tensor& dIn, const at::Tensor& dOut) const {
    productInto(dIn, dOut, weight.value.detach());
}

void keep(torch::autograd::AutogradContext* context, const std::string& name,
          const Projection& projection) {
    keep(context, name + ".weight", projection.weight);
    keep(context, name + ".bias", projection.bias);
}

Projection keptProjection(torch::autograd::AutogradContext* context, const std::string& name) {
    return {.weight = kept(context, name + ".weight"), .bias = kept(context, name + ".bias")};
}

}  // namespace ringscope
