#include "backend/core/text.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

using Words = std::vector<std::string>;

TEST(Trim, TakesBlanksFromBothEndsOnly) {
    EXPECT_EQ(trim("  a b\t\r\n"), "a b");
    EXPECT_EQ(trim(" \t"), "");
    EXPECT_EQ(trim(""), "");
}

TEST(Split, KeepsEmptyPartsSoThatJoinGivesTheTextBack) {
    EXPECT_EQ(split("a,,b", ','), (Words{"a", "", "b"}));
    EXPECT_EQ(split("", ','), (Words{""}));
    for (const char* text : {"", ",", "a", "a,b", ",a,"})
        EXPECT_EQ(join(split(text, ','), ","), text);
}

TEST(Join, PutsTheSeparatorBetweenPartsOnly) {
    EXPECT_EQ(join({}, ", "), "");
    EXPECT_EQ(join({"a"}, ", "), "a");
    EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
}

TEST(ToLower, LeavesBytesOutsideAsciiAlone) { EXPECT_EQ(toLower("ZigZag É"), "zigzag É"); }

TEST(NearestWord, FindsTheMeantWordBehindATypingMistake) {
    const Words words = {"heads", "kv_heads", "hidden_size", "layers"};
    EXPECT_EQ(nearestWord("hiden_size", words), "hidden_size");
    EXPECT_EQ(nearestWord("layesr", words), "layers");  // neighbours swapped
    EXPECT_EQ(nearestWord("HEADS", words), "heads");
}

TEST(NearestWord, StaysSilentWhereNothingIsNear) {
    EXPECT_EQ(nearestWord("window", {"heads", "layers"}), std::nullopt);
    EXPECT_EQ(nearestWord("", {"a"}), std::nullopt);
    EXPECT_EQ(nearestWord("x", {}), std::nullopt);
    EXPECT_EQ(nearestWord(std::string(100'000, 'a'), {std::string(100'000, 'a')}), std::nullopt);
}

TEST(NearestWord, PrefersTheCloserOfTwo) {
    EXPECT_EQ(nearestWord("rings", {"rinses", "ring"}), "ring");
}

}  // namespace
}  // namespace ringscope
