#include "kernels/generate/batch_round.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(BatchRound, IsReadAsItWasTold) {
    const BatchRound round{.begun = {{.text = 3, .pages = {{7, 2}, {}}}, {.text = 0, .pages = {}}},
                           .parts = {{.text = 2, .tokens = {5, 6, 7}, .first = 4, .length = 9},
                                     {.text = 0, .tokens = {1}, .first = 0, .length = 1}}};
    EXPECT_EQ(roundOf(numbersOf(round)), round);
    EXPECT_EQ(roundOf(numbersOf({})), BatchRound());
    EXPECT_TRUE(roundOf(numbersOf({.isLast = true}))->isLast);
}

TEST(BatchRound, IsNothingWhereNumbersAreMissing) {
    const BatchRound round{.begun = {{.text = 3, .pages = {{7, 2}}}},
                           .parts = {{.text = 2, .tokens = {5, 6}, .first = 4, .length = 9}}};
    const std::vector<std::int64_t> whole = numbersOf(round);
    const BatchRound withoutParts{.begun = round.begun};
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<std::int64_t> part(whole.begin(),
                                             whole.begin() + static_cast<std::ptrdiff_t>(size));
        if (part == numbersOf(withoutParts)) continue;
        EXPECT_EQ(roundOf(part), std::nullopt) << size;
    }
    EXPECT_EQ(roundOf({0, 1'000'000'000'000, 1}), std::nullopt);
    EXPECT_EQ(roundOf({0, 1, 0, 1, 1'000'000'000'000, 1}), std::nullopt);
}

}  // namespace
}  // namespace ringscope
