// The optimizer's loops over plain arrays.
#pragma once

#include "kernels/model/dynamic_map.h"

#include <cstdint>

namespace ringscope::flat {

// One step's factors: see adamw.h for the formula they come from.
struct AdamFactors {
    double gradient = 1;  // on the gradient
    double beta1 = 0.9;
    double beta2 = 0.95;
    double keep = 1;          // 1 - lr * decay
    double stepSize = 0;      // lr / (1 - beta1^t)
    double squareFactor = 1;  // 1 / (1 - beta2^t)
    double eps = 1e-8;

    // The same for elements that the weight decay leaves alone.
    AdamFactors withDecay(bool decays) const {
        AdamFactors factors = *this;
        if (!decays) factors.keep = 1;
        return factors;
    }
};
template <typename T>
void adamStep(T* values, const T* gradient, T* mean, T* square, std::int64_t count,
              const AdamFactors& factors);

// A moment in 8 bits: numbers are a value of the map times the scale of their block.
struct EightBitMoment {
    const DynamicMap& map;
    std::uint8_t* codes;
    float* scales;
};

// The same step on consecutive blocks: the first has `first` elements, the others 256, the last as
// many as are left.
void adamStep8bit(float* values, const float* gradient, const EightBitMoment& mean,
                  const EightBitMoment& square, std::int64_t count, std::int64_t first,
                  const AdamFactors& factors);

template <typename T>
double sumOfSquares(const T* values, std::int64_t count);

}  // namespace ringscope::flat
