#include "backend/core/rounded.h"

#include <gtest/gtest.h>
#include <limits>

namespace ringscope {
namespace {

TEST(FormatRounded, WritesShortNumbersWithoutAnExponent) {
    EXPECT_EQ(formatRounded(6.25, 2), "6.2");
    EXPECT_EQ(formatRounded(62.5, 3), "62.5");
    EXPECT_EQ(formatRounded(75, 3), "75");
    EXPECT_EQ(formatRounded(9.96, 2), "10");
    EXPECT_EQ(formatRounded(99.7, 2), "100");
    EXPECT_EQ(formatRounded(131.4, 2), "131");
    EXPECT_EQ(formatRounded(-1800, 3), "-1,800");
    EXPECT_EQ(formatRounded(0.0625, 2), "0.062");
    EXPECT_EQ(formatRounded(0.00001234, 2), "0.000012");
    EXPECT_EQ(formatRounded(0, 2), "0");
    EXPECT_EQ(formatRounded(std::numeric_limits<double>::infinity(), 2), "infinite");
}

}  // namespace
}  // namespace ringscope
