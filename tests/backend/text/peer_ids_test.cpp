// Ids against those of the programs that invented these tokenizers, as tests/peers/tokenizer_ids.py
// recorded them.
#include "backend/core/base64.h"
#include "backend/core/files.h"
#include "backend/text/utf8.h"
#include "tests/backend/text/made_tokenizer.h"

#include <gtest/gtest.h>
#include <filesystem>

namespace ringscope::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const fs::path fixtures = RINGSCOPE_TOKENIZERS;

json readJson(const fs::path& path) { return json::parse(readFile(path).value()); }

// All texts: those that are UTF-8, then those that are not.
std::vector<std::string> recordedTexts() {
    const json file = readJson(fixtures / "texts.json");
    std::vector<std::string> texts = file["texts"];
    for (const json& broken : file["broken"])
        texts.push_back(fromBase64(broken.get<std::string>()).value());
    return texts;
}

void expectIds(const Tokenizer& tokenizer, const json& recorded) {
    const std::vector<std::string> texts = recordedTexts();
    const json& ids = recorded["ids"];
    ASSERT_LE(ids.size(), texts.size());
    ASSERT_GT(ids.size(), 80U);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        SCOPED_TRACE("text " + std::to_string(i) + ": " + wellFormed(texts[i]));
        const Result<std::vector<TokenId>> encoded = tokenizer.encode(texts[i]);
        ASSERT_TRUE(encoded.ok()) << encoded.error().message;
        EXPECT_EQ(*encoded, ids[i].get<std::vector<TokenId>>());
        const json& decoded = recorded["decoded"][i];
        const std::string expected =
            decoded.is_null() ? wellFormed(texts[i]) : decoded.get<std::string>();
        EXPECT_EQ(wellFormed(tokenizer.decode(*encoded).value()), expected);
    }
}

TEST(PeerIds, AreThoseOfEveryTokenizerJson) {
    int found = 0;
    for (const auto& entry : fs::directory_iterator(fixtures)) {
        if (!entry.is_directory()) continue;
        SCOPED_TRACE(entry.path().filename());
        const Result<Tokenizer> tokenizer = Tokenizer::load(entry.path());
        ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
        expectIds(*tokenizer, readJson(entry.path() / "ids.json"));
        ++found;
    }
    EXPECT_GE(found, 19);
}

TEST(PeerIds, AreThoseOfEverySentencePieceModel) {
    int found = 0;
    for (const auto& entry : fs::directory_iterator(fixtures)) {
        if (entry.path().extension() != ".model") continue;
        SCOPED_TRACE(entry.path().filename());
        const Result<Tokenizer> tokenizer = Tokenizer::load(entry.path());
        ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
        const std::string name = entry.path().stem().string() + ".ids.json";
        expectIds(*tokenizer, readJson(fixtures / name));
        ++found;
    }
    EXPECT_GE(found, 6);
}

// A model whose ids are the bytes of the normalized text.
json bytesAsIds() {
    json vocabulary = json::object();
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (unsigned byte = 0; byte < 256; ++byte)
        vocabulary[std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">"] = byte;
    return {
        {"type", "BPE"}, {"vocab", vocabulary}, {"merges", json::array()}, {"byte_fallback", true}};
}

json wordsAsTheyAre() {
    return {{"type", "WordLevel"}, {"vocab", {{"[UNK]", 0}}}, {"unk_token", "[UNK]"}};
}

TEST(PeerIds, OfNormalizersAndPreTokenizersAreAlike) {
    const std::vector<std::string> texts = readJson(fixtures / "part-texts.json");
    for (const json& row : readJson(fixtures / "parts.json")) {
        const std::string key = row["key"];
        json file = jsonOf(key == "normalizer" ? bytesAsIds() : wordsAsTheyAre());
        file[key] = row["part"];
        const Result<Tokenizer> tokenizer = made(file);
        ASSERT_TRUE(tokenizer.ok()) << row["name"] << tokenizer.error().message;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            SCOPED_TRACE(row["name"].get<std::string>() + ": " + texts[i]);
            const Result<std::vector<Token>> tokens = tokenizer->tokens(texts[i]);
            ASSERT_TRUE(tokens.ok()) << tokens.error().message;
            std::string bytes;
            json ranges = json::array();
            for (const Token& token : *tokens) {
                bytes += static_cast<char>(token.id);
                ranges.push_back({token.range.begin, token.range.end});
            }
            if (key == "normalizer")
                EXPECT_EQ(bytes, row["results"][i].get<std::string>());
            else
                EXPECT_EQ(ranges, row["results"][i]);
        }
    }
}

}  // namespace
}  // namespace ringscope::test
