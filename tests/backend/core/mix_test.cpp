#include "backend/core/mix.h"

#include <gtest/gtest.h>
#include <bit>
#include <set>

namespace ringscope {
namespace {

TEST(MixBits, GivesDifferentWordsForDifferentWords) {
    std::set<std::uint64_t> mixed;
    for (std::uint64_t word = 0; word < 10'000; ++word) mixed.insert(mixBits(word));
    EXPECT_EQ(mixed.size(), 10'000U);
}

TEST(MixBits, ChangesAboutHalfOfTheBitsWithAnyOneBit) {
    for (int bit = 0; bit < 64; ++bit) {
        int changed = 0;
        for (std::uint64_t word = 1; word <= 256; ++word)
            changed += std::popcount(mixBits(word) ^ mixBits(word ^ (std::uint64_t{1} << bit)));
        EXPECT_NEAR(changed / 256.0, 32, 8) << "bit " << bit;
    }
}

}  // namespace
}  // namespace ringscope
