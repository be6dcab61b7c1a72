// The 256 numbers that 8 bits stand for in the optimizer's state: 0, 1, and numbers in seven
// decades below 1. From decade to decade there are twice as many, evenly spaced, so that large
// numbers of a block are kept to 1 %, and small ones have their size at least.
//
//   with signs       1 in [1e-7, 1e-6), ... 64 in [0.1, 1), and as many below 0
//   without          2 in [1e-7, 1e-6), ... 128 in [0.1, 1)
#pragma once

#include "kernels/vector/vector_code.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace ringscope {

struct DynamicMap {
    // Numbers whose first 16 bits are the same, from 2^-22 to 1; smaller ones are with the first.
    static constexpr std::int32_t firstPrefix = (127 - 22) << 7;
    static constexpr std::int32_t prefixes = (22 << 7) + 1;

    std::array<float, 256> values{};  // ascending
    // Code i stands for what is in (bounds[i - 1], bounds[i]]; the last one is infinite.
    std::array<float, 256> bounds{};
    // The lowest code of numbers with a prefix, first those without sign. No two bounds are between
    // such numbers.
    std::array<std::uint8_t, 2 * prefixes> lowest{};
};

// A number becomes the value nearest to it, of two the smaller one.
const DynamicMap& signedMap();
// The same, but that only 0 becomes 0: a second moment that was lost would let the next step divide
// by almost nothing.
const DynamicMap& unsignedMap();

// Of a number in [-1, 1]. Without branches: which way they go is not to be foreseen.
RINGSCOPE_INLINE int codeOf(const DynamicMap& map, float number) {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    const auto prefix =
        static_cast<std::int32_t>((bits & 0x7fffffffU) >> 16U) - DynamicMap::firstPrefix;
    const std::int32_t place = std::clamp(prefix, 0, DynamicMap::prefixes - 1) +
                               static_cast<std::int32_t>(bits >> 31U) * DynamicMap::prefixes;
    const int code = map.lowest[static_cast<std::size_t>(place)];
    return code + (number > map.bounds[static_cast<std::size_t>(code)] ? 1 : 0);
}

}  // namespace ringscope
