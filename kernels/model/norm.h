// A norm of the model, with its parameters, on rows (R, width).
#pragma once

#include "backend/model/model_choices.h"
#include "kernels/model/parameters.h"

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include <string>

namespace ringscope {

struct Norm {
    Weight gain{};  // not defined: rows stay as they are
    Weight bias{};  // where kind is layer
    NormKind kind = NormKind::Rms;
    bool gainFromOne = false;
    double eps = 1e-5;

    bool defined() const { return gain.defined(); }

    // Writes `normed`, and `factors` (R), which the others take.
    void apply(const at::Tensor& x, at::Tensor& normed, at::Tensor& factors) const;
    void applyAgain(const at::Tensor& x, const at::Tensor& factors, at::Tensor& normed) const;
    // Adds to dx and to the gradients of the parameters.
    void backward(const at::Tensor& x, const at::Tensor& factors, const at::Tensor& dNormed,
                  at::Tensor& dx) const;

private:
    at::Tensor gainValue() const;
};

// As keep() and kept() of chunks.h.
void keep(torch::autograd::AutogradContext* context, const std::string& name, const Norm& norm);
Norm keptNorm(torch::autograd::AutogradContext* context, const std::string& name);

}  // namespace ringscope
