#include "kernels/train/flat_kernels.h"

#include "kernels/vector/vector_code.h"

#include <cmath>

namespace ringscope::flat {

template <typename T>
RINGSCOPE_VECTOR void adamStep(T* values, const T* gradient, T* mean, T* square, std::int64_t count,
                               const AdamFactors& factors) {
    const T gradientFactor = static_cast<T>(factors.gradient);
    const T beta1 = static_cast<T>(factors.beta1);
    const T beta2 = static_cast<T>(factors.beta2);
    const T rest1 = static_cast<T>(1 - factors.beta1);
    const T rest2 = static_cast<T>(1 - factors.beta2);
    const T keep = static_cast<T>(factors.keep);
    const T stepSize = static_cast<T>(factors.stepSize);
    const T squareFactor = static_cast<T>(factors.squareFactor);
    const T eps = static_cast<T>(factors.eps);
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
        const T g = gradient[i] * gradientFactor;
        mean[i] = beta1 * mean[i] + rest1 * g;
        square[i] = beta2 * square[i] + rest2 * g * g;
        values[i] =
            values[i] * keep - stepSize * mean[i] / (std::sqrt(square[i] * squareFactor) + eps);
    }
}

template <typename T>
RINGSCOPE_VECTOR double sumOfSquares(const T* values, std::int64_t count) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < count; ++i)
        sum += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    return sum;
}

template void adamStep(float*, const float*, float*, float*, std::int64_t, const AdamFactors&);
template void adamStep(double*, const double*, double*, double*, std::int64_t, const AdamFactors&);
template double sumOfSquares(const float*, std::int64_t);
template double sumOfSquares(const double*, std::int64_t);

}  // namespace ringscope::flat
