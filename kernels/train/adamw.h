// AdamW with decoupled weight decay over a flat range of parameters, in one pass.
//
//   m = b1 m + (1 - b1) g          v = b2 v + (1 - b2) g^2
//   p = p (1 - lr decay) - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope {

struct AdamWOptions {
    double lr = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.95;
    double eps = 1e-8;
    double weightDecay = 0.0;  // of every parameter, gains included
};

// Elements [begin, begin + count).
struct ElementRange {
    std::int64_t begin = 0;
    std::int64_t count = 0;
};

class AdamW {
public:
    // Changes the elements of `trained` alone, or of all `elements` where it is not given.
    AdamW(std::int64_t elements, const AdamWOptions& options, const at::TensorOptions& tensors,
          std::optional<std::vector<ElementRange>> trained = std::nullopt);

    // values and gradient (elements), contiguous. The gradient counts times `gradientFactor`, which
    // is how clipping reaches it without a pass of its own.
    void step(at::Tensor& values, const at::Tensor& gradient, double gradientFactor);

private:
    AdamWOptions options_;
    std::vector<ElementRange> trained_;
    std::int64_t steps_ = 0;
    at::Tensor mean_;
    at::Tensor square_;
};

// The sum of squares, added up in double.
double sumOfSquares(const at::Tensor& values);

}  // namespace ringscope
