#include "kernels/train/flat_kernels.h"

#include "backend/plan/optimizer_state.h"
#include "kernels/vector/vector_code.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ringscope::flat {
namespace {

// The factors in the type of the arrays.
template <typename T>
struct FactorsAs {
    explicit FactorsAs(const AdamFactors& factors)
        : gradient(static_cast<T>(factors.gradient)),
          beta1(static_cast<T>(factors.beta1)),
          beta2(static_cast<T>(factors.beta2)),
          rest1(static_cast<T>(1 - factors.beta1)),
          rest2(static_cast<T>(1 - factors.beta2)),
          keep(static_cast<T>(factors.keep)),
          stepSize(static_cast<T>(factors.stepSize)),
          squareFactor(static_cast<T>(factors.squareFactor)),
          eps(static_cast<T>(factors.eps)) {}
    T gradient;
    T beta1, beta2;
    T rest1, rest2;
    T keep;
    T stepSize;
    T squareFactor;
    T eps;
};

template <typename T>
RINGSCOPE_INLINE void stepElements(T* values, const T* gradient, T* mean, T* square,
                                   std::int64_t count, const FactorsAs<T>& by) {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
        const T g = gradient[i] * by.gradient;
        mean[i] = by.beta1 * mean[i] + by.rest1 * g;
        square[i] = by.beta2 * square[i] + by.rest2 * g * g;
        values[i] = values[i] * by.keep -
                    by.stepSize * mean[i] / (std::sqrt(square[i] * by.squareFactor) + by.eps);
    }
}

RINGSCOPE_INLINE void readBlock(const std::uint8_t* codes, float scale, const float* values,
                                std::int64_t count, float* numbers) {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) numbers[i] = values[codes[i]] * scale;
}

// Returns the block's scale. Of numbers below what fp32 holds in full, nothing is kept.
RINGSCOPE_INLINE float writeBlock(const float* numbers, std::int64_t count, const DynamicMap& map,
                                  std::uint8_t* codes) {
    float most = 0;
#pragma omp simd reduction(max : most)
    for (std::int64_t i = 0; i < count; ++i) most = std::max(most, std::fabs(numbers[i]));
    const bool any = most >= std::numeric_limits<float>::min();
    const float factor = any ? 1 / most : 0;
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i)
        codes[i] = static_cast<std::uint8_t>(codeOf(map, numbers[i] * factor));
    return any ? most : 0;
}

}  // namespace

template <typename T>
RINGSCOPE_VECTOR void adamStep(T* values, const T* gradient, T* mean, T* square, std::int64_t count,
                               const AdamFactors& factors) {
    stepElements(values, gradient, mean, square, count, FactorsAs<T>(factors));
}

RINGSCOPE_VECTOR void adamStep8bit(float* values, const float* gradient, const EightBitMoment& mean,
                                   const EightBitMoment& square, std::int64_t count,
                                   std::int64_t first, const AdamFactors& factors) {
    const FactorsAs<float> by(factors);
    float m[eightBitBlock];
    float v[eightBitBlock];
    std::int64_t block = 0;
    for (std::int64_t begin = 0, end = std::min(first, count); begin < count;
         begin = end, end = std::min(end + eightBitBlock, count), ++block) {
        const std::int64_t size = end - begin;
        readBlock(mean.codes + begin, mean.scales[block], mean.map.values.data(), size, m);
        readBlock(square.codes + begin, square.scales[block], square.map.values.data(), size, v);
        stepElements(values + begin, gradient + begin, m, v, size, by);
        mean.scales[block] = writeBlock(m, size, mean.map, mean.codes + begin);
        square.scales[block] = writeBlock(v, size, square.map, square.codes + begin);
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
