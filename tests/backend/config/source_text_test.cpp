#include "backend/config/source_text.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(SourceText, EndsEveryLineAlikeAndDropsTheByteOrderMark) {
    EXPECT_EQ(SourceText("\xef\xbb\xbf"
                         "a\r\nb\rc\n")
                  .text(),
              "a\nb\nc\n");
}

TEST(SourceText, CountsLinesAndCharactersFromOne) {
    const SourceText source("ab\néx\n");
    EXPECT_EQ(source.positionOf(0), (TextPosition{1, 1}));
    EXPECT_EQ(source.positionOf(3), (TextPosition{2, 1}));
    EXPECT_EQ(source.positionOf(5), (TextPosition{2, 2})) << "é is one character of two bytes";
    EXPECT_EQ(source.positionOf(1, 2), (TextPosition{2, 2}));
}

TEST(SourceText, GivesTheNearestPositionToWhatLiesOutside) {
    const SourceText source("ab\nc");
    EXPECT_EQ(source.positionOf(1000), (TextPosition{2, 2}));
    EXPECT_EQ(source.positionOf(9, 9), (TextPosition{2, 2}));
    EXPECT_EQ(source.positionOf(-1, -1), (TextPosition{1, 1}));
    EXPECT_EQ(SourceText("").positionOf(0), (TextPosition{1, 1}));
}

TEST(SourceText, ForbidsControlCharactersButTabsAndNewlines) {
    EXPECT_EQ(SourceText("a\tb\nc").firstForbidden(), 5U);
    EXPECT_EQ(SourceText("a\nb\x04").firstForbidden(), 3U);
    EXPECT_EQ(SourceText("\xff\xfe").firstForbidden(), 0U);
}

}  // namespace
}  // namespace ringscope
