#include "backend/generate/text_stream.h"

#include "backend/core/files.h"
#include "backend/text/utf8.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

struct Streamed {
    std::string text{};
    std::vector<std::string> parts{};
    bool stopped = false;
};

Streamed streamed(const Tokenizer& tokenizer, const std::vector<std::int64_t>& before,
                  const std::vector<std::int64_t>& ids, const std::vector<std::string>& stops) {
    TextStream stream(tokenizer, before, stops);
    Streamed all;
    for (const std::int64_t id : ids) {
        all.parts.push_back(stream.add(id).value());
        all.text += all.parts.back();
    }
    all.parts.push_back(stream.finish().value());
    all.text += all.parts.back();
    all.stopped = stream.stopped();
    return all;
}

std::vector<std::int64_t> bytesOf(std::string_view text) {
    std::vector<std::int64_t> ids;
    for (const char byte : text) ids.push_back(static_cast<unsigned char>(byte));
    return ids;
}

std::vector<std::int64_t> idsOf(const Tokenizer& tokenizer, const std::string& text) {
    const std::vector<TokenId> ids = tokenizer.encode(text, Tokenizer::Around::LeftOut).value();
    return {ids.begin(), ids.end()};
}

TEST(TextStream, TellsWholeCharacters) {
    const std::string text = "a\u00e9\u20ac\U0001f30aZ";
    const Streamed all = streamed(Tokenizer::ofBytes(), {}, bytesOf(text), {});
    EXPECT_EQ(all.text, text);
    EXPECT_THAT(all.parts, ::testing::ElementsAre("a", "", "\u00e9", "", "", "\u20ac", "", "", "",
                                                  "\U0001f30a", "Z", ""));
}

TEST(TextStream, ReplacesWhatIsPartOfNoCharacter) {
    EXPECT_EQ(streamed(Tokenizer::ofBytes(), {}, bytesOf("a\xff z"), {}).text, "a\ufffd z");
    EXPECT_EQ(streamed(Tokenizer::ofBytes(), {}, bytesOf("a\xe2\x82"), {}).text, "a\ufffd");
}

TEST(TextStream, EndsBeforeTheFirstStopString) {
    const std::vector<std::string> stops{"\n\n", "END"};
    const Streamed all = streamed(Tokenizer::ofBytes(), {}, bytesOf("E EN\nENDE\n\n"), stops);
    EXPECT_EQ(all.text, "E EN\n");
    EXPECT_TRUE(all.stopped);
    // What may become a stop string is held back until it is known.
    EXPECT_THAT(all.parts,
                ::testing::ElementsAre("", "E ", "", "", "EN", "\n", "", "", "", "", "", ""));
    const Streamed none = streamed(Tokenizer::ofBytes(), {}, bytesOf("the EN"), stops);
    EXPECT_EQ(none.text, "the EN");
    EXPECT_FALSE(none.stopped);
}

// Whatever the tokenizer: the parts are the text that all tokens have together. But CLIP's, which
// shows the bytes of an unfinished character as others; no model with it makes text.
TEST(TextStream, HasTheTextOfAllTokensOfEveryTokenizer) {
    const nlohmann::json file =
        nlohmann::json::parse(readFile(fs::path(RINGSCOPE_TOKENIZERS) / "texts.json").value());
    const std::vector<std::string> texts = file["texts"];
    int tokenizers = 0;
    for (const auto& entry : fs::directory_iterator(RINGSCOPE_TOKENIZERS)) {
        const bool reads = entry.is_directory() || entry.path().extension() == ".model";
        if (!reads || entry.path().filename() == "clip") continue;
        ++tokenizers;
        SCOPED_TRACE(entry.path().filename());
        const Tokenizer tokenizer = Tokenizer::load(entry.path().string()).value();
        for (std::size_t i = 0; i < texts.size(); i += 3) {
            const std::vector<std::int64_t> ids = idsOf(tokenizer, texts[i]);
            const std::vector<TokenId> all(ids.begin(), ids.end());
            EXPECT_EQ(streamed(tokenizer, {}, ids, {}).text,
                      wellFormed(tokenizer.decode(all).value()))
                << i;
        }
    }
    EXPECT_GE(tokenizers, 20);
}

// A word behind a prompt keeps the space before it, which a text's first word has not.
TEST(TextStream, KnowsThatItFollowsAPrompt) {
    const Tokenizer tokenizer = Tokenizer::load(RINGSCOPE_TOKENIZERS "/llama2").value();
    const std::vector<std::int64_t> prompt = idsOf(tokenizer, "two mills");
    std::vector<std::int64_t> all = idsOf(tokenizer, "two mills stand");
    ASSERT_EQ(std::vector(all.begin(), all.begin() + std::ssize(prompt)), prompt);
    all.erase(all.begin(), all.begin() + std::ssize(prompt));
    EXPECT_EQ(streamed(tokenizer, prompt, all, {}).text, " stand");
}

}  // namespace
}  // namespace ringscope
