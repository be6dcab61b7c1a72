// A projection of the model, with its parameters, on rows: in weight^T + bias.
#pragma once

#include "kernels/model/parameters.h"

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstdint>
#include <string>

namespace ringscope {

struct Projection {
    Weight weight{};
    Weight bias{};  // not defined: none

    std::int64_t outputs() const { return weight.value.size(0); }

    at::Tensor apply(const at::Tensor& in) const;
    void applyInto(at::Tensor& out, const at::Tensor& in) const;
    // addend + in weight^T + bias
    at::Tensor addedTo(const at::Tensor& addend, const at::Tensor& in) const;
    void addedInto(at::Tensor& out, const at::Tensor& addend, const at::Tensor& in) const;

    // Adds to the gradients of the parameters.
    void addGradients(const at::Tensor& dOut, const at::Tensor& in) const;
    // The gradient of `in`.
    at::Tensor back(const at::Tensor& dOut) const;
    void backInto(at::Tensor& dIn, const at::Tensor& dOut) const;
};

// As keep() and kept() of chunks.h.
void keep(torch::autograd::AutogradContext* context, const std::string& name,
          const Projection& projection);
Projection keptProjection(torch::autograd::AutogradContext* context, const std::string& name);

}  // namespace ringscope
