// Where a tokenizer's files lie, and what lies beside them.
#include "tests/backend/text/made_tokenizer.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <filesystem>

namespace ringscope::test {
namespace {

nlohmann::json words() {
    return jsonOf({{"type", "WordLevel"},
                   {"vocab", {{"<s>", 0}, {"</s>", 1}, {"a", 2}, {"<unk>", 3}}},
                   {"unk_token", "<unk>"}});
}

TEST(TokenizerFile, IsFoundInItsFolder) {
    const ScratchFolder folder;
    const std::string file = folder.write("tokenizer.json", words().dump());
    const Tokenizer byFolder = Tokenizer::load(folder.path()).value();
    EXPECT_EQ(byFolder.encode("a").value(), std::vector<TokenId>{2});
    EXPECT_EQ(byFolder.contentHash(), Tokenizer::load(file).value().contentHash());
}

TEST(TokenizerFile, SaysWhereNoneIs) {
    const ScratchFolder folder;
    EXPECT_EQ(Tokenizer::load(folder.path()).error().message,
              "'" + folder.path() +
                  "' holds neither tokenizer.json nor tokenizer.model; name a folder or a file "
                  "that does");
    EXPECT_EQ(Tokenizer::load(folder.path() + "/x.json").error().code, ErrorCode::NotFound);
    const std::string pipe = folder.path() + "/pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(Tokenizer::load(pipe).error().message, "'" + pipe + "' is no regular file; name one");
}

TEST(TokenizerConfig, SaysWhichTokensBeginAndEndAText) {
    const ScratchFolder folder;
    folder.write("tokenizer.json", words().dump());
    const std::string without = Tokenizer::load(folder.path()).value().contentHash();
    folder.write("tokenizer_config.json",
                 R"({"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false},
                     "pad_token": "[PAD]", "model_max_length": 1e30})");
    const Tokenizer tokenizer = Tokenizer::load(folder.path()).value();
    EXPECT_EQ(tokenizer.specialTokens().beginning, 0);
    EXPECT_EQ(tokenizer.specialTokens().end, 1);
    EXPECT_EQ(tokenizer.specialTokens().padding, std::nullopt);
    EXPECT_EQ(tokenizer.remarks(),
              std::vector<std::string>{"tokenizer_config.json says pad_token is '[PAD]', which is "
                                       "no piece of the tokenizer"});
    EXPECT_NE(tokenizer.contentHash(), without);
}

TEST(TokenizerConfig, ThatIsBrokenIsSaid) {
    const ScratchFolder folder;
    folder.write("tokenizer.json", words().dump());
    folder.write("tokenizer_config.json", "{\"bos_token\": ");
    EXPECT_NE(Tokenizer::load(folder.path())
                  .error()
                  .message.find("tokenizer_config.json': no whole JSON"),
              std::string::npos);
}

}  // namespace
}  // namespace ringscope::test
