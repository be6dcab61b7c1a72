// AdamW with decoupled weight decay over a flat range of parameters, in one pass.
//
//   m = b1 m + (1 - b1) g          v = b2 v + (1 - b2) g^2
//   p = p (1 - lr decay) - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ringscope {

struct AdamWOptions {
    double lr = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.95;
    double eps = 1e-8;
    double weightDecay = 0.0;  // of every parameter, gains included
};

class AdamW {
public:
    AdamW(std::int64_t elements, const AdamWOptions& options, const at::TensorOptions& tensors);

    // values and gradient (elements), contiguous. The gradient counts times `gradientFactor`, which
    // is how clipping reaches it without a pass of its own.
    void step(at::Tensor& values, const at::Tensor& gradient, double gradientFactor);

private:
    AdamWOptions options_;
    std::int64_t steps_ = 0;
    at::Tensor mean_;
    at::Tensor square_;
};

// The sum of squares, added up in double.
double sumOfSquares(const at::Tensor& values);

}  // namespace ringscope
