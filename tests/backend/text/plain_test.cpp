// Tokenizers without a file.
#include "tests/backend/text/made_tokenizer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace ringscope::test {
namespace {

RC_GTEST_PROP(Bytes, AreTheirOwnIds, (const std::string& text)) {
    const Tokenizer tokenizer = Tokenizer::load("byte").value();
    const std::vector<TokenId> ids = tokenizer.encode(text).value();
    RC_ASSERT(ids.size() == text.size());
    RC_ASSERT(tokenizer.decode(ids).value() == text);
}

TEST(Bytes, HaveAPieceEach) {
    const Tokenizer tokenizer = Tokenizer::ofBytes();
    EXPECT_EQ(tokenizer.vocabularySize(), 256);
    EXPECT_EQ(piecesOf(tokenizer, "a é"), (std::vector<std::string>{"a", "Ġ", "Ã", "©"}));
    EXPECT_EQ(tokenizer.idOf("Ġ"), 32);
    EXPECT_EQ(tokenizer.decode(std::vector<TokenId>{97, 256}).error().message,
              "no piece has the id 256; the tokenizer's ids are below 256");
}

TEST(CharacterVocabulary, IsMadeFromTheText) {
    const Tokenizer tokenizer = Tokenizer::ofCharacters("banané 漢").value();
    EXPECT_EQ(tokenizer.vocabularySize(), 6);
    EXPECT_EQ(tokenizer.encode("ab漢").value(), (std::vector<TokenId>{1, 2, 5}));
    EXPECT_EQ(tokenizer.decode(std::vector<TokenId>{2, 1, 3, 4}).value(), "bané");
    EXPECT_EQ(tokenizer.encode("x").error().message,
              "the character 'x' is none of the text that the vocabulary was made from; make it "
              "from a text that has it");
}

TEST(CharacterVocabulary, NeedsAText) {
    EXPECT_EQ(Tokenizer::ofCharacters("").error().message,
              "a vocabulary of characters is made from a text; this one is empty");
    EXPECT_EQ(Tokenizer::ofCharacters("\xff").error().message,
              "a vocabulary of characters is made from a text; this one is no UTF-8");
    EXPECT_FALSE(Tokenizer::load("char").ok());
}

TEST(ContentHash, IsTheSameForTheSameTokenizerAlone) {
    EXPECT_EQ(Tokenizer::ofCharacters("ab").value().contentHash(),
              Tokenizer::ofCharacters("bba").value().contentHash());
    EXPECT_NE(Tokenizer::ofCharacters("ab").value().contentHash(),
              Tokenizer::ofCharacters("abc").value().contentHash());
    EXPECT_EQ(Tokenizer::ofBytes().contentHash().size(), 64U);
}

}  // namespace
}  // namespace ringscope::test
