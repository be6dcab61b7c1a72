// A projection of the model, with its parameters, on rows: in weight^T + bias, and what stands
// beside it (adapters): the product of two thin matrices, which then alone are trained.
#pragma once

#include "kernels/model/four_bit_matrix.h"
#include "kernels/model/parameters.h"
#include "kernels/model/row_dropout.h"

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ringscope {

// scale * (in a^T) b^T, added to the columns of the output from firstRow on.
struct LowRank {
    Weight a{};                 // (rank, columns of in)
    Weight b{};                 // (columns of out, rank)
    std::int64_t firstRow = 0;  // of the weight
    double scale = 1;
    std::uint64_t key = 0;  // of what it drops
};

struct Projection {
    Weight weight{};
    Weight bias{};                                  // not defined: none
    std::shared_ptr<const FourBitMatrix> packed{};  // instead of a weight
    std::vector<LowRank> beside{};
    RowDropout dropout{};  // of what goes into `beside`

    bool defined() const { return weight.defined() || packed != nullptr; }
    std::int64_t outputs() const { return packed ? packed->rows() : weight.value.size(0); }
    std::int64_t inputs() const { return packed ? packed->columns() : weight.value.size(1); }

    // `first`: of the rows that a pass works on, the number of in's first one.
    at::Tensor apply(const at::Tensor& in, std::int64_t first = 0) const;
    void applyInto(at::Tensor& out, const at::Tensor& in, std::int64_t first = 0) const;
    // addend + in weight^T + bias
    at::Tensor addedTo(const at::Tensor& addend, const at::Tensor& in,
                       std::int64_t first = 0) const;
    void addedInto(at::Tensor& out, const at::Tensor& addend, const at::Tensor& in,
                   std::int64_t first = 0) const;

    // Adds to the gradients of the parameters that have any.
    void addGradients(const at::Tensor& dOut, const at::Tensor& in, std::int64_t first = 0) const;
    // The gradient of `in`.
    at::Tensor back(const at::Tensor& dOut, std::int64_t first = 0) const;
    void backInto(at::Tensor& dIn, const at::Tensor& dOut, std::int64_t first = 0) const;

private:
    at::Tensor matrix() const;
    void addBeside(at::Tensor& out, const at::Tensor& in, std::int64_t first) const;
    void addBesideBack(at::Tensor& dIn, const at::Tensor& dOut, std::int64_t first) const;
};

// As keep() and kept() of chunks.h.
void keep(torch::autograd::AutogradContext* context, const std::string& name,
          const Projection& projection);
Projection keptProjection(torch::autograd::AutogradContext* context, const std::string& name);

}  // namespace ringscope
