// What a run leaves beside its weights reads its tokens again.
#include "backend/text/tokenizer_folder.h"

#include "backend/core/files.h"
#include "tests/backend/text/made_tokenizer.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>

namespace ringscope::test {
namespace {
namespace fs = std::filesystem;

Tokenizer keptBy(const RunConfig& config, const fs::path& folder) {
    const Result<void> written = writeTokenizer(config, folder);
    EXPECT_TRUE(written.ok()) << (written.ok() ? "" : written.error().message);
    return Tokenizer::load(folder.string()).value();
}

TEST(KeptTokenizer, OfCharactersHasTheirIds) {
    const TemporaryFolder folder;
    const std::string text = "He said: \"naïve\\\n\ttea\" 漢字 🙂 \x01 .";
    std::ofstream(folder.path() / "text.txt", std::ios::binary) << text;
    RunConfig config;
    config.data.source = (folder.path() / "text.txt").string();
    config.data.tokenizer = charTokenizer;
    const Tokenizer made = Tokenizer::ofCharacters(text).value();
    const Tokenizer kept = keptBy(config, folder.path());
    EXPECT_EQ(kept.vocabularySize(), made.vocabularySize());
    EXPECT_EQ(kept.encode(text).value(), made.encode(text).value());
    EXPECT_EQ(kept.decode(made.encode(text).value()).value(), text);
    EXPECT_FALSE(kept.encode("x").ok());
}

RC_GTEST_PROP(KeptTokenizer, OfBytesHasTheirIds, (const std::string& text)) {
    static const TemporaryFolder folder;
    static const Tokenizer kept = keptBy(RunConfig{}, folder.path());
    const Tokenizer bytes = Tokenizer::ofBytes();
    RC_ASSERT(kept.encode(text).value() == bytes.encode(text).value());
    RC_ASSERT(kept.decode(bytes.encode(text).value()).value() == text);
}

TEST(KeptTokenizer, OfAFolderIsThatFoldersByteForByte) {
    const TemporaryFolder from;
    const TemporaryFolder to;
    fs::copy_file(RINGSCOPE_TOKENIZERS "/gpt2/tokenizer.json", from.path() / "tokenizer.json");
    std::ofstream(from.path() / "tokenizer_config.json") << "{}";
    std::ofstream(from.path() / "chat_template.jinja") << "{{ messages }}";
    std::ofstream(from.path() / "model.safetensors") << "no tokenizer";
    RunConfig config;
    for (const fs::path& name : {from.path(), from.path() / "tokenizer.json"}) {
        config.data.tokenizer = name.string();
        keptBy(config, to.path());
        for (const char* file : {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"})
            EXPECT_EQ(readFile(to.path() / file).value(), readFile(from.path() / file).value())
                << file;
        EXPECT_FALSE(fs::exists(to.path() / "model.safetensors"));
    }
}

TEST(KeptTokenizer, IsNoneWhereTokensAreIds) {
    const TemporaryFolder folder;
    RunConfig config;
    config.data.tokenizer = idTokenizer;
    EXPECT_TRUE(writeTokenizer(config, folder.path()).ok());
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace ringscope::test
