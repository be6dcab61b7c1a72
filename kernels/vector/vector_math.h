// Functions of one scalar without branches, so that loops over them become vector code.
#pragma once

#include "kernels/vector/vector_code.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace ringscope {

// e^x = 2^n * e^r with |r| <= ln(2)/2, good to 2 ulp, for x up to 88. Arguments are clamped to
// where the result is a normal number.
RINGSCOPE_INLINE float exponentialUpTo88(float x) {
    constexpr float log2e = 1.44269504F;
    constexpr float ln2High = 0.693359375F;
    constexpr float ln2Low = -2.12194440e-4F;
    constexpr float roundingShift = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
    x = x < -87.0F ? -87.0F : x;
    const float n = (x * log2e + roundingShift) - roundingShift;
    const float r = (x - n * ln2High) - n * ln2Low;
    float series = 1.0F / 5040;
    series = series * r + 1.0F / 720;
    series = series * r + 1.0F / 120;
    series = series * r + 1.0F / 24;
    series = series * r + 1.0F / 6;
    series = series * r + 0.5F;
    series = series * r + 1.0F;
    series = series * r + 1.0F;
    const std::int32_t exponent = (static_cast<std::int32_t>(n) + 127) << 23;
    return series * std::bit_cast<float>(exponent);
}
RINGSCOPE_INLINE float exponential(float x) { return exponentialUpTo88(x > 88.0F ? 88.0F : x); }
RINGSCOPE_INLINE double exponential(double x) { return std::exp(x); }

// 1 / (1 + e^-x). Of a power that is never above 1: compilers work out beforehand what follows from
// a power at its upper clamp, and a quotient with that is a subnormal number, a hundred cycles in
// each vector even where no lane wants it.
RINGSCOPE_INLINE float sigmoid(float x) {
    const float power = exponentialUpTo88(-std::abs(x));
    const float share = 1.0F / (1.0F + power);
    return x < 0.0F ? power * share : share;
}
RINGSCOPE_INLINE double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// By its series near 0, where 1 - 2 / (e^2x + 1) would cancel.
RINGSCOPE_INLINE float hyperbolicTangent(float x) {
    const float square = x * x;
    float series = -17.0F / 315;
    series = series + square * (62.0F / 2835);
    series = 2.0F / 15 + square * series;
    series = -1.0F / 3 + square * series;
    const float near = x + x * square * series;
    const float far = 1.0F - 2.0F / (exponential(2.0F * x) + 1.0F);
    return square < 0.04F ? near : far;
}
RINGSCOPE_INLINE double hyperbolicTangent(double x) { return std::tanh(x); }

}  // namespace ringscope
