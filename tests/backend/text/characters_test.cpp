// What Unicode says of characters, and normal forms.
#include "backend/text/characters.h"

#include "backend/text/utf8.h"
#include "tests/backend/text/made_tokenizer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace ringscope::test {
namespace {

TEST(Characters, AreOfTheirClasses) {
    EXPECT_TRUE(isWhiteSpace(U'\u3000'));
    EXPECT_TRUE(isWhiteSpace(U'\u0085'));
    EXPECT_FALSE(isWhiteSpace(U'\u200b'));
    EXPECT_TRUE(isPunctuation(U'$'));
    EXPECT_TRUE(isPunctuation(U'、'));
    EXPECT_FALSE(isPunctuation(U'€'));
    EXPECT_TRUE(isNumber(U'½'));
    EXPECT_TRUE(isMark(U'\u0301'));
    EXPECT_TRUE(isWordCharacter(U'_'));
    EXPECT_TRUE(isWordCharacter(U'Ⓐ'));
    EXPECT_FALSE(isWordCharacter(U'½'));
    EXPECT_FALSE(isPunctuation(strayBytes + 0xff));
}

TEST(Characters, OfLaterUnicodesAreWhatTheyWereToTheTokenizersTraining) {
    EXPECT_FALSE(isPunctuation(U'\u2e52'));  // a sign since Unicode 14
    EXPECT_FALSE(isNonspacingMark(U'\u1abf'));
}

// Normalizing a text piece by piece, as normalizers do, is normalizing it.
RC_GTEST_PROP(NormalForms, OfPiecesAreThatOfTheWhole, ()) {
    const auto piece = rc::gen::element<std::string>(
        "e\u0301", "\u0301", "\u0323", "\u1100", "\u1161", "\u11a8", "각", "ﬁ", "Å", "ｶ", "ﾞ", "か",
        "\u3099", "\u09c7", "\u09be", "\u0f71", "\u0f73", "q\u0307\u0323", "a", " ", "中",
        "\u0345");
    std::string text;
    for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece))
        text += part;
    for (const NormalForm form : {NormalForm::C, NormalForm::D, NormalForm::KC, NormalForm::KD}) {
        std::string pieces;
        std::string pending;
        forEachCharacter(text, [&](char32_t character, TextRange range) {
            if (beginsApart(character, form)) {
                pieces += inNormalForm(pending, form);
                pending.clear();
            }
            pending += slice(text, range);
        });
        RC_ASSERT(pieces + inNormalForm(pending, form) == inNormalForm(text, form));
    }
}

}  // namespace
}  // namespace ringscope::test
