#include "backend/text/token_text.h"

#include "backend/model/npy.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <array>
#include <fstream>
#include <string>
#include <vector>

namespace ringscope {
namespace {

std::string writeText(const test::TemporaryFolder& folder, const std::string& content) {
    const std::string path = (folder.path() / "text").string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
}

TEST(TokenText, ShipsEnoughProseToTrainOn) {
    const Result<TokenText> prose = TokenText::open({}, 256);
    ASSERT_TRUE(prose.ok());
    EXPECT_GT(prose->size(), 25'000);
}

TEST(TokenText, ReadsAFileByteByByteAndStartsAgainAtItsEnd) {
    const test::TemporaryFolder folder;
    const Result<TokenText> text = TokenText::open({.source = writeText(folder, "ab\xff")}, 256);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text->size(), 3);
    EXPECT_EQ(text->at(0), 'a');
    EXPECT_EQ(text->at(2), 255);
    EXPECT_EQ(text->at(4), 'b');
}

TEST(TokenText, SaysHowLargeAVocabularyItsBytesNeed) {
    const test::TemporaryFolder folder;
    const std::string path = writeText(folder, "az");
    const Result<TokenText> text = TokenText::open({.source = path}, 100);
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.error().message,
              "data.source '" + path +
                  "' has bytes up to 122, but model.vocab_size is 100; use at least 123");
    EXPECT_TRUE(TokenText::open({.source = path}, 123).ok());
}

TEST(TokenText, RefusesWhatItCannotRead) {
    const test::TemporaryFolder folder;
    const auto refusal = [](const DataConfig& data) {
        const Result<TokenText> text = TokenText::open(data, 256);
        return text.ok() ? std::string() : text.error().message;
    };
    EXPECT_EQ(
        refusal({.source = "builtin:verse"}),
        "data.source: 'builtin:verse' is not shipped; use builtin:prose, builtin:recall or the "
        "path of a text file");
    EXPECT_THAT(refusal({.source = writeText(folder, "")}), ::testing::HasSubstr("is empty"));
    EXPECT_THAT(refusal({.source = "/nowhere/text"}), ::testing::HasSubstr("/nowhere/text"));
}

std::vector<std::int64_t> all(const TokenText& text) {
    std::vector<std::int64_t> tokens;
    for (std::int64_t token = 0; token < text.size(); ++token) tokens.push_back(text.at(token));
    return tokens;
}

TEST(TokenText, IsMadeByATokenizersFolder) {
    const test::TemporaryFolder folder;
    const std::string prose = "Two mills stand by the river.\n\nOne grinds.\n\n\nThe other waits.";
    DataConfig data{.source = writeText(folder, prose),
                    .tokenizer = RINGSCOPE_TOKENIZERS "/llama3"};
    const TokenText whole = TokenText::open(data, 100'000).value();
    const Tokenizer tokenizer = Tokenizer::load(data.tokenizer).value();
    const std::vector<TokenId> ids = tokenizer.encode(prose, Tokenizer::Around::LeftOut).value();
    EXPECT_EQ(all(whole), std::vector<std::int64_t>(ids.begin(), ids.end()));
    EXPECT_TRUE(whole.beginsDocument(0));

    data.packing = true;
    const TokenText packed = TokenText::open(data, 100'000).value();
    std::vector<std::string> documents;
    for (std::int64_t token = 0; token < packed.size(); ++token) {
        if (packed.beginsDocument(token)) documents.emplace_back();
        const std::vector<TokenId> one{static_cast<TokenId>(packed.at(token))};
        documents.back() += tokenizer.decode(one).value();
    }
    EXPECT_THAT(documents, ::testing::ElementsAre("Two mills stand by the river.\n\n",
                                                  "One grinds.\n\n\n", "The other waits."));
    EXPECT_TRUE(packed.beginsDocument(packed.size()));  // the text begins again
}

TEST(TokenText, NeedsRowsForTheIdsOfItsTokenizer) {
    const test::TemporaryFolder folder;
    const std::string path = writeText(folder, "mills");
    const std::string tokenizer = RINGSCOPE_TOKENIZERS "/llama3";
    const Result<TokenText> text = TokenText::open({.source = path, .tokenizer = tokenizer}, 3);
    ASSERT_FALSE(text.ok());
    EXPECT_THAT(text.error().message, ::testing::HasSubstr("but model.vocab_size is 3; use the "
                                                           "tokenizer of the model"));
}

TEST(TokenText, HasTheCharactersOfTheTextAsItsVocabulary) {
    const test::TemporaryFolder folder;
    const TokenText text =
        TokenText::open({.source = writeText(folder, "béab"), .tokenizer = "char"}, 3).value();
    EXPECT_THAT(all(text), ::testing::ElementsAre(1, 2, 0, 1));
}

TEST(TokenText, HoldsIdsOfAnyShape) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "ids.npy";
    const std::array<std::int64_t, 4> ids{5, 0, 6, 2};
    ASSERT_TRUE(writeNpy(path, {.type = "<i8",
                                .shape = {2, 2},
                                .bytes = {reinterpret_cast<const char*>(ids.data()), sizeof ids}})
                    .ok());
    const DataConfig data{.source = path.string(), .tokenizer = "ids"};
    EXPECT_THAT(all(TokenText::open(data, 7).value()), ::testing::ElementsAre(5, 0, 6, 2));
    EXPECT_EQ(TokenText::open(data, 6).error().message,
              "data.source '" + path.string() +
                  "' has token ids from 0 to 6, but model.vocab_size is 6; use ids of 0 to 5");
}

TEST(TokenText, RefusesATokenizerThatCannotBeRead) {
    const Result<TokenText> text = TokenText::open({.tokenizer = "/nowhere/tokenizer.json"}, 256);
    ASSERT_FALSE(text.ok());
    EXPECT_THAT(text.error().message, ::testing::HasSubstr("data.tokenizer: "));
    EXPECT_THAT(text.error().message, ::testing::HasSubstr("/nowhere/tokenizer.json"));
}

}  // namespace
}  // namespace ringscope
