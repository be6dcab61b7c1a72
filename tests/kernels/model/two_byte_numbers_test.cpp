#include "kernels/vector/two_byte_numbers.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>

namespace ringscope {
namespace {

template <typename Ours, typename Libtorchs>
void expectTheSame() {
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const auto pattern = static_cast<std::uint16_t>(bits);
        const float expected = Libtorchs(pattern, Libtorchs::from_bits());
        const float actual = wide(Ours{pattern});
        if (std::isnan(expected))
            ASSERT_TRUE(std::isnan(actual)) << bits;
        else
            ASSERT_EQ(std::bit_cast<std::uint32_t>(actual), std::bit_cast<std::uint32_t>(expected))
                << bits;
    }
    // Every exponent, with fractions on and beside the halfway points of both formats.
    for (std::uint32_t high = 0; high < 0x10000; ++high) {
        for (const std::uint32_t low :
             {0x0000U, 0x0001U, 0x0fffU, 0x1000U, 0x1001U, 0x7fffU, 0x8000U, 0x8001U, 0xffffU}) {
            const float value = std::bit_cast<float>(high << 16U | low);
            if (std::isnan(value)) {
                ASSERT_TRUE(std::isnan(wide(narrow<Ours>(value))));
                continue;
            }
            ASSERT_EQ(narrow<Ours>(value).bits, Libtorchs(value).x) << value;
        }
    }
}

TEST(TwoByteNumbers, OfBf16AreRoundedAndReadAsLibtorchDoes) {
    expectTheSame<Bfloat16, c10::BFloat16>();
}

TEST(TwoByteNumbers, OfFp16AreRoundedAndReadAsLibtorchDoes) { expectTheSame<Float16, c10::Half>(); }

}  // namespace
}  // namespace ringscope
