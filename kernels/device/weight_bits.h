// Which attention weights are dropped, and the slopes of ALiBi. Every device drops exactly the same
// weights.
#pragma once

#include "backend/core/mix.h"

#include <cmath>
#include <cstdint>

namespace ringscope {

// The slope of head `head` of `heads`: 2^(-8 (head + 1) / heads). For a number of heads that is no
// power of two: the slopes of the next lower power, then every other one of the next higher.
RINGSCOPE_ON_DEVICES inline double alibiSlope(std::int64_t head, std::int64_t heads) {
    std::int64_t power = 1;
    while (2 * power <= heads) power *= 2;
    if (head < power)
        return std::exp2(-8.0 * static_cast<double>(head + 1) / static_cast<double>(power));
    return std::exp2(-4.0 * static_cast<double>(2 * (head - power) + 1) /
                     static_cast<double>(power));
}

// Dropout without a state: the bits of one attention weight depend only on the layer's seed, the
// batch row, the head and the two tokens. So every mode drops the same weights, and the backward
// pass drops them again.
struct DropoutRow {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
};

RINGSCOPE_ON_DEVICES constexpr DropoutRow dropoutRow(std::uint64_t seed, std::int64_t batch,
                                                     std::int64_t head, std::int64_t query) {
    constexpr std::uint64_t step = 0x9e3779b97f4a7c15U;
    std::uint64_t word = mixBits(seed + static_cast<std::uint64_t>(batch) + step);
    word = mixBits(word + static_cast<std::uint64_t>(head) + step);
    word = mixBits(word + static_cast<std::uint64_t>(query) + step);
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
}

RINGSCOPE_ON_DEVICES constexpr std::uint32_t dropoutBits(const DropoutRow& row, std::uint32_t key) {
    std::uint32_t bits = key * 0x9e3779b1U ^ row.low;
    bits ^= bits >> 16;
    bits *= 0x7feb352dU;
    bits ^= row.high;
    bits ^= bits >> 15;
    bits *= 0x846ca68bU;
    return bits ^ (bits >> 16);
}

}  // namespace ringscope
