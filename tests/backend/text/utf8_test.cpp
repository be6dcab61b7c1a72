// Bytes as characters.
#include "backend/text/utf8.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

RC_GTEST_PROP(Utf8, CharactersWriteTheBytesTheyWereReadFrom, (const std::string& text)) {
    std::string again;
    forEachCharacter(text,
                     [&](char32_t character, TextRange) { appendCharacter(again, character); });
    RC_ASSERT(again == text);
}

RC_GTEST_PROP(Utf8, WhatIsReplacedIsWellFormed, (const std::string& text)) {
    RC_ASSERT(isWellFormed(wellFormed(text)));
    RC_ASSERT(!isWellFormed(text) || wellFormed(text) == text);
}

TEST(Utf8, ReplacesEachBeginningOfACharacterOnce) {
    const std::string sign = "\xEF\xBF\xBD";
    EXPECT_EQ(wellFormed("a\xffz"), "a" + sign + "z");
    EXPECT_EQ(wellFormed("\xe2\x82"), sign);  // cut off
    EXPECT_EQ(wellFormed("\xe2\x82z"), sign + "z");
    EXPECT_EQ(wellFormed("\xf0\x9f\x91\xf0\x9f\x91\x8d"), sign + "\xf0\x9f\x91\x8d");
    EXPECT_EQ(wellFormed("\xed\xa0\x80"), sign + sign + sign);  // half of a surrogate pair
    EXPECT_EQ(wellFormed("\xc0\x80"), sign + sign);             // longer than need be
    EXPECT_EQ(wellFormed("\xf4\x90\x80\x80"), sign + sign + sign + sign);  // above U+10FFFF
}

}  // namespace
}  // namespace ringscope
