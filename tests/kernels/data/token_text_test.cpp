#include "kernels/data/token_text.h"

#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <fstream>
#include <string>

namespace ringscope {
namespace {

std::string writeText(const testing::TemporaryFolder& folder, const std::string& content) {
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
    const testing::TemporaryFolder folder;
    const Result<TokenText> text = TokenText::open({.source = writeText(folder, "ab\xff")}, 256);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(text->size(), 3);
    EXPECT_EQ(text->at(0), 'a');
    EXPECT_EQ(text->at(2), 255);
    EXPECT_EQ(text->at(4), 'b');
}

TEST(TokenText, SaysHowLargeAVocabularyItsBytesNeed) {
    const testing::TemporaryFolder folder;
    const std::string path = writeText(folder, "az");
    const Result<TokenText> text = TokenText::open({.source = path}, 100);
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.error().message,
              "data.source '" + path +
                  "' has bytes up to 122, but model.vocab_size is 100; use at least 123");
    EXPECT_TRUE(TokenText::open({.source = path}, 123).ok());
}

TEST(TokenText, RefusesWhatItCannotRead) {
    const testing::TemporaryFolder folder;
    const auto refusal = [](const DataConfig& data) {
        const Result<TokenText> text = TokenText::open(data, 256);
        return text.ok() ? std::string() : text.error().message;
    };
    EXPECT_EQ(refusal({.source = "builtin:verse"}),
              "data.source 'builtin:verse' is not shipped; use builtin:prose or the path of a text "
              "file");
    EXPECT_THAT(refusal({.source = writeText(folder, "")}), ::testing::HasSubstr("is empty"));
    EXPECT_THAT(refusal({.source = "/nowhere/text"}), ::testing::HasSubstr("/nowhere/text"));
}

}  // namespace
}  // namespace ringscope
