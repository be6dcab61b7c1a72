// AdamW with decoupled weight decay over a flat range of parameters, in one pass.
//
//   m = b1 m + (1 - b1) g          v = b2 v + (1 - b2) g^2
//   p = p (1 - lr decay) - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
#pragma once

#include "backend/plan/element_range.h"
#include "kernels/train/adamw_8bit.h"
#include "kernels/train/optimizer_stretch.h"

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
    double weightDecay = 0.0;  // of ranges that are decayed
};

struct AdamWState {
    at::Tensor mean;  // of the ranges without eightBit, one after the other
    at::Tensor square;
    AdamW8bit::State eightBit;
};

class AdamW {
public:
    // Changes the elements of `trained` alone, or of all `elements` where it is not given. Ranges
    // with eightBit have their state in 8 bits, and tensors must be fp32 then.
    AdamW(std::int64_t elements, const AdamWOptions& options, const at::TensorOptions& tensors,
          std::optional<std::vector<ElementRange>> trained = std::nullopt);
    // Without state of its own.
    AdamW(const AdamWOptions& options, std::vector<ElementRange> trained);

    // values and gradient (elements), contiguous. The gradient counts times `gradientFactor`, which
    // is how clipping reaches it without a pass of its own; lr counts times `lrShare`.
    void step(at::Tensor& values, const at::Tensor& gradient, double gradientFactor,
              double lrShare = 1);
    // The same with a state from elsewhere: zeros at the first step, then what the last one made.
    void step(AdamWState& state, at::Tensor& values, const at::Tensor& gradient,
              double gradientFactor, double lrShare);

    // In fp32, of the ranges with eightBit; for tests.
    at::Tensor eightBitMean() const { return eightBit_.meanOf(state_.eightBit); }
    at::Tensor eightBitSquare() const { return eightBit_.squareOf(state_.eightBit); }

    // All of the state; and how many steps have made it.
    std::vector<OptimizerStretch> stretches() const { return stretches(state_); }
    std::vector<OptimizerStretch> stretches(const AdamWState& state) const;
    std::int64_t steps() const { return steps_; }
    void setSteps(std::int64_t steps) { steps_ = steps; }

private:
    AdamWOptions options_;
    std::vector<ElementRange> trained_;  // with state in the tensors' own type
    std::int64_t steps_ = 0;
    AdamW8bit eightBit_;
    AdamWState state_;
};

// The sum of squares, added up in double.
double sumOfSquares(const at::Tensor& values);

}  // namespace ringscope
