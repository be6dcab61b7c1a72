// Weights in 4 bits: NF4 with double quantisation, as bitsandbytes has it.
//
//     code     of each number: the nearest of 16 values, after division by its block's largest
//     largest  of each block of 64 numbers: 8 bits, of (largest - mean of all), by a block of 256
//
// Numbers are those of a checkpoint's tensor, in its order (out, in). Two codes share a byte, the
// first one in the upper half.
#pragma once

#include <array>
#include <cstdint>

namespace ringscope {

inline constexpr std::int64_t fourBitBlock = 64;        // numbers that share a largest one
inline constexpr std::int64_t fourBitScaleBlock = 256;  // blocks that share the scale of theirs

inline constexpr std::array<float, 16> fourBitValues = {-1.0F,
                                                        -0.6961928009986877F,
                                                        -0.5250730514526367F,
                                                        -0.39491748809814453F,
                                                        -0.28444138169288635F,
                                                        -0.18477343022823334F,
                                                        -0.09105003625154495F,
                                                        0.0F,
                                                        0.07958029955625534F,
                                                        0.16093020141124725F,
                                                        0.24611230194568634F,
                                                        0.33791524171829224F,
                                                        0.44070982933044434F,
                                                        0.5626170039176941F,
                                                        0.7229568362236023F,
                                                        1.0F};

constexpr std::int64_t fourBitBlocks(std::int64_t numbers) {
    return (numbers + fourBitBlock - 1) / fourBitBlock;
}
constexpr std::int64_t fourBitScales(std::int64_t numbers) {
    return (fourBitBlocks(numbers) + fourBitScaleBlock - 1) / fourBitScaleBlock;
}

// Of a tensor of so many numbers: codes, largest ones, and their scales.
constexpr std::int64_t fourBitBytes(std::int64_t numbers) {
    return (numbers + 1) / 2 + fourBitBlocks(numbers) + 4 * fourBitScales(numbers);
}

}  // namespace ringscope
