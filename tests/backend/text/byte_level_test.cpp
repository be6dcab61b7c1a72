// Byte-level BPE: what is encoded comes back, whatever the bytes are.
#include "tests/backend/text/made_tokenizer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <filesystem>
#include <thread>

namespace ringscope::test {
namespace {

Tokenizer loaded(const char* name) {
    return Tokenizer::load(std::filesystem::path(RINGSCOPE_TOKENIZERS) / name).value();
}

// Bytes of which many are letters, blanks and beginnings of characters.
std::string anyBytes() {
    const auto piece =
        rc::gen::oneOf(rc::gen::arbitrary<std::string>(),
                       rc::gen::element<std::string>(
                           " ", "  ", "\n", "the ", "é", "e\u0301", "漢字", "👍🏽", "'s",
                           "12345", "<|endoftext|>", "\xff", "\xe2\x80", "\xc3", "İ"));
    std::string text;
    for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece))
        text += part;
    return text;
}

RC_GTEST_PROP(ByteLevel, GivesEveryByteBack, ()) {
    static const Tokenizer tokenizers[] = {loaded("gpt2"), loaded("llama3"), loaded("o200k"),
                                           loaded("deepseek")};
    const std::string text = anyBytes();
    for (const Tokenizer& tokenizer : tokenizers) {
        const std::vector<TokenId> ids = tokenizer.encode(text, Tokenizer::Around::LeftOut).value();
        RC_ASSERT(tokenizer.decode(ids, Tokenizer::Special::Kept).value() == text);
    }
}

RC_GTEST_PROP(ByteLevel, TokensCoverTheTextInOrder, ()) {
    static const Tokenizer tokenizer = loaded("gpt2");
    const std::string text = anyBytes();
    std::size_t at = 0;
    const std::vector<Token> tokens = tokenizer.tokens(text).value();
    for (const Token& token : tokens) {
        RC_ASSERT(token.range.begin == at);
        RC_ASSERT(token.range.end > at);
        at = token.range.end;
    }
    RC_ASSERT(at == text.size());
}

RC_GTEST_PROP(ByteLevel, TokensHaveTheIdsOfEncode, ()) {
    static const Tokenizer tokenizers[] = {loaded("roberta"), loaded("qwen2"), loaded("llama2"),
                                           loaded("bert"), loaded("xlm-r")};
    const std::string text = anyBytes();
    for (const Tokenizer& tokenizer : tokenizers) {
        std::vector<TokenId> ids;
        const std::vector<Token> tokens = tokenizer.tokens(text).value();
        for (const Token& token : tokens) {
            RC_ASSERT(token.range.begin <= token.range.end);
            RC_ASSERT(token.range.end <= text.size());
            ids.push_back(token.id);
        }
        RC_ASSERT(ids == tokenizer.encode(text).value());
    }
}

TEST(ByteLevel, MergesAsTheExampleDoes) {
    const Tokenizer tokenizer =
        made(byteLevelJson({{"l", "o"}, {"lo", "w"}, {"n", "e"}, {"ne", "w"}})).value();
    EXPECT_EQ(piecesOf(tokenizer, "low newest é"),
              (std::vector<std::string>{"low", "Ġ", "new", "e", "s", "t", "Ġ", "Ã", "©"}));
}

TEST(ByteLevel, TakesAWordThatIsAPieceWhereMergesAreIgnored) {
    nlohmann::json file = byteLevelJson({{"l", "o"}});
    file["model"]["vocab"]["low"] = 257;
    EXPECT_EQ(piecesOf(made(file).value(), "low"), (std::vector<std::string>{"lo", "w"}));
    file["model"]["ignore_merges"] = true;
    EXPECT_EQ(piecesOf(made(file).value(), "low lo"), (std::vector<std::string>{"low", "Ġ", "lo"}));
}

TEST(ByteLevel, IsTheSameFromSeveralThreads) {
    const Tokenizer tokenizer = loaded("llama3");
    std::string text;
    for (int i = 0; i < 2000; ++i) text += "word" + std::to_string(i * 7919) + " ";
    const std::vector<TokenId> expected = tokenizer.encode(text).value();
    std::vector<std::thread> threads;
    std::vector<std::vector<TokenId>> found(4);
    for (std::vector<TokenId>& ids : found)
        threads.emplace_back([&] { ids = tokenizer.encode(text).value(); });
    for (std::thread& thread : threads) thread.join();
    for (const std::vector<TokenId>& ids : found) EXPECT_EQ(ids, expected);
}

}  // namespace
}  // namespace ringscope::test
