// bf16 and fp16 in loops over plain arrays: memory holds their bits, arithmetic is in fp32.
//
//     Wide<S> sum = 0;
//     for (i ...) sum += wide(x[i]);      S is Bfloat16, Float16, float or double
//     out[i] = narrow<S>(sum);            rounds to the nearest, ties to even
//
// Without branches and without the processor's own instructions, so that every compiler makes
// vector code of the loops.
#pragma once

#include "kernels/vector/vector_code.h"

#include <bit>
#include <cstdint>

namespace ringscope {

struct Bfloat16 {
    std::uint16_t bits;
};
struct Float16 {
    std::uint16_t bits;
};

// What arithmetic on S is done in.
template <typename S>
struct WideOf {
    using Type = float;
};
template <>
struct WideOf<double> {
    using Type = double;
};
template <typename S>
using Wide = typename WideOf<S>::Type;

RINGSCOPE_INLINE float wide(float value) { return value; }
RINGSCOPE_INLINE double wide(double value) { return value; }

// bf16 is the upper half of fp32.
RINGSCOPE_INLINE float wide(Bfloat16 value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16U);
}

// fp16 has 5 bits of exponent, biased by 15, and 10 of fraction.
RINGSCOPE_INLINE float wide(Float16 value) {
    constexpr std::uint32_t rebias = (127U - 15U) << 23U;
    const std::uint32_t sign = (static_cast<std::uint32_t>(value.bits) & 0x8000U) << 16U;
    const std::uint32_t size = (static_cast<std::uint32_t>(value.bits) & 0x7fffU) << 13U;
    // A subnormal number is its fraction in units of 2^-24: with an exponent put before it, and its
    // value taken off again, the subtraction finds its place.
    const float smallest = std::bit_cast<float>(rebias + (1U << 23U));
    const float subnormal = std::bit_cast<float>(size + rebias + (1U << 23U)) - smallest;
    const std::uint32_t usual = size + rebias;
    const std::uint32_t beyond = size + (255U - 31U) * (1U << 23U);  // infinite, or no number
    std::uint32_t bits = size >= (31U << 23U) ? beyond : usual;
    bits = size < (1U << 23U) ? std::bit_cast<std::uint32_t>(subnormal) : bits;
    return std::bit_cast<float>(bits | sign);
}

template <typename S>
S narrow(Wide<S> value);

template <>
RINGSCOPE_INLINE float narrow<float>(float value) {
    return value;
}
template <>
RINGSCOPE_INLINE double narrow<double>(double value) {
    return value;
}

template <>
RINGSCOPE_INLINE Bfloat16 narrow<Bfloat16>(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U;
    const bool noNumber = (bits & 0x7fffffffU) > 0x7f800000U;
    return {static_cast<std::uint16_t>(noNumber ? 0x7fc0U : rounded)};
}

template <>
RINGSCOPE_INLINE Float16 narrow<Float16>(float value) {
    const std::uint32_t all = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t bits = all & 0x7fffffffU;
    constexpr std::uint32_t rebias = (127U - 15U) << 23U;
    constexpr std::uint32_t smallestNormal = 113U << 23U;  // 2^-14
    constexpr std::uint32_t firstBeyond = 0x477ff000U;     // 65520 rounds to infinity
    const std::uint32_t usual = (bits - rebias + 0xfffU + ((bits >> 13U) & 1U)) >> 13U;
    // 0.5 has its last bit at 2^-24, the unit of subnormal numbers: the addition rounds to it.
    const std::uint32_t subnormal =
        std::bit_cast<std::uint32_t>(std::bit_cast<float>(bits) + 0.5F) -
        std::bit_cast<std::uint32_t>(0.5F);
    std::uint32_t rounded = bits < smallestNormal ? subnormal : usual;
    rounded = bits >= firstBeyond ? 0x7c00U : rounded;
    rounded = bits > 0x7f800000U ? 0x7e00U : rounded;
    return {static_cast<std::uint16_t>(rounded | (all >> 16U & 0x8000U))};
}

}  // namespace ringscope
