#include "backend/core/ids.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <random>

namespace ringscope {

RunId RunId::random() {
    std::random_device source;
    std::array<std::uint32_t, 4> bits{};
    for (std::uint32_t& word : bits) word = source();
    bits[1] = (bits[1] & 0xffff0fffU) | 0x00004000U;  // version 4
    bits[2] = (bits[2] & 0x3fffffffU) | 0x80000000U;  // variant 1
    std::array<char, 37> text{};
    std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%04x-%04x%08x", bits[0], bits[1] >> 16,
                  bits[1] & 0xffffU, bits[2] >> 16, bits[2] & 0xffffU, bits[3]);
    return {text.data()};
}

}  // namespace ringscope
