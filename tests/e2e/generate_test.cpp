// `ringscope generate` with real ranks: tiny models of other makers, and the weights of a run.
#include "tests/e2e/cli.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace ringscope::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Generated : public ::testing::Test {
protected:
    // What transformers goes on with; see tests/peers/generate.py.
    static json recorded(const std::string& family) {
        std::ifstream file(RINGSCOPE_MODELS "/../generated.json");
        return json::parse(file).at("models").at(family);
    }
    static std::string idsOf(const json& ids) {
        std::string text;
        for (const json& id : ids) text += (text.empty() ? "" : ",") + id.dump();
        return text;
    }
    std::vector<std::string> line(const std::string& family,
                                  const std::vector<std::string>& more) const {
        std::vector<std::string> words{"generate",
                                       "--model",
                                       RINGSCOPE_MODELS "/" + family,
                                       "--prompt-ids",
                                       idsOf(recorded(family)["prompt"]),
                                       "--max-tokens",
                                       "16",
                                       "--ignore-end"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    static std::vector<std::int64_t> firstTokens(const json& all, std::int64_t count) {
        const auto tokens = all.get<std::vector<std::int64_t>>();
        return {tokens.begin(), tokens.begin() + count};
    }

    Cli cli;
};

TEST_F(Generated, GoesOnAsTransformersOnOneRankAndOnSeveral) {
    const std::vector<std::int64_t> wanted = firstTokens(recorded("deepseek-v3")["tokens"], 16);
    const json alone = cli.json(line("deepseek-v3", {"--json"}));
    EXPECT_EQ(alone["schema_version"], 2);
    EXPECT_EQ(alone["mode"], "none");
    EXPECT_EQ(alone["texts"][0]["tokens"], json(wanted));
    EXPECT_EQ(alone["texts"][0]["ended"], "length");
    EXPECT_EQ(alone["tokens"], 16);
    EXPECT_GT(alone["tokens_per_s"], 0);
    const json split = cli.json(line("deepseek-v3", {"--sp", "2", "--json"}));
    EXPECT_EQ(split["mode"], "zigzag");
    EXPECT_EQ(split["ranks"], 2);
    EXPECT_EQ(split["texts"][0]["tokens"], json(wanted));
    EXPECT_LT(split["cache_bytes"], alone["cache_bytes"].get<std::int64_t>() * 0.6);
}

TEST_F(Generated, PrintsIdsAndFigures) {
    const Ended ended = cli.run(line("llama", {"--texts", "1"}));
    ASSERT_EQ(ended.exitCode, 0) << ended.err;
    std::string wanted;
    for (const std::int64_t id : firstTokens(recorded("llama")["tokens"], 16))
        wanted += (wanted.empty() ? "" : " ") + std::to_string(id);
    EXPECT_EQ(ended.out, wanted + "\n");
    EXPECT_THAT(ended.err, HasSubstr("16 tokens behind 11 of the prompt: the first after "));
}

// Bytes are tokens here, so every character of more than one byte is made of several.
TEST_F(Generated, WritesTextOfARunsWeights) {
    const auto file = cli.write("kept.yaml",
                                "name: kept\nmodel: {preset: nano}\n"
                                "train: {steps: 2, seq_len: 128}\n"
                                "parallel: {sp: 1, mode: none}\n"
                                "checkpoint: {at_end: true}\n");
    const Ended trained = cli.run({"run", file.string(), "--no-reference"});
    ASSERT_EQ(trained.exitCode, 0) << trained.err;
    const std::vector<std::string> drawn{"generate", "--model",       "kept", "--prompt",
                                         "Two m",    "--temperature", "1",    "--seed",
                                         "5",        "--max-tokens",  "24"};
    const Ended streamed = cli.run(drawn);
    ASSERT_EQ(streamed.exitCode, 0) << streamed.err;
    std::vector<std::string> asJson = drawn;
    asJson.insert(asJson.end(), {"--json", "--texts", "2"});
    const json both = cli.json(asJson);
    EXPECT_EQ(both["prompt_tokens"], 5);
    EXPECT_EQ(streamed.out, both["texts"][0]["text"].get<std::string>() + "\n");
    EXPECT_NE(both["texts"][0]["tokens"], both["texts"][1]["tokens"]);

    const std::string text = both["texts"][0]["text"];
    std::vector<std::string> stopped = drawn;
    stopped.insert(stopped.end(), {"--json", "--stop", text.substr(0, 1)});
    const json ends = cli.json(stopped)["texts"][0];
    EXPECT_EQ(ends["ended"], "stop");
    EXPECT_EQ(ends["text"], "");
}

// The vocabulary is made from the text of the run; what is exported needs neither.
TEST_F(Generated, ReadsAPromptByTheCharactersThatARunWasTrainedWith) {
    const auto text = cli.write("text.txt", std::string(3000, 'a') + " sea, a sea\n");
    const auto file = cli.write("letters.yaml",
                                "name: letters\nmodel: {preset: nano}\n"
                                "data: {source: " +
                                    text.string() +
                                    ", tokenizer: char}\n"
                                    "train: {steps: 2, seq_len: 128}\n"
                                    "parallel: {sp: 1, mode: none}\n"
                                    "checkpoint: {at_end: true}\n");
    const Ended trained = cli.run({"run", file.string(), "--no-reference"});
    ASSERT_EQ(trained.exitCode, 0) << trained.err;
    std::filesystem::remove(text);
    const std::string folder = (text.parent_path() / "exported").string();
    ASSERT_EQ(cli.run({"model", "export", "letters", "-o", folder}).exitCode, 0);
    std::vector<std::string> line{"generate", "--model",      "letters", "--prompt",
                                  "a sea",    "--max-tokens", "5",       "--json"};
    const json ofRun = cli.json(line);
    EXPECT_EQ(ofRun["prompt_tokens"], 5);
    line[2] = folder;
    EXPECT_EQ(cli.json(line)["texts"][0]["tokens"], ofRun["texts"][0]["tokens"]);
    line[4] = "xyz";
    EXPECT_THAT(cli.run(line).err, HasSubstr("x"));
}

TEST_F(Generated, GoesOnWithASingleToken) {
    for (const std::string ranks : {"1", "2"}) {
        const json made =
            cli.json({"generate", "--model", RINGSCOPE_MODELS "/llama", "--prompt-ids", "5",
                      "--max-tokens", "3", "--ignore-end", "--sp", ranks, "--json"});
        EXPECT_EQ(made["texts"][0]["tokens"].size(), 3U) << ranks;
    }
}

TEST_F(Generated, SaysWhatCannotBe) {
    const Ended tooLong = cli.run({"generate", "--model", RINGSCOPE_MODELS "/gpt2", "--prompt-ids",
                                   idsOf(recorded("gpt2")["prompt"]), "--max-tokens", "31"});
    EXPECT_EQ(tooLong.exitCode, 3);
    EXPECT_THAT(tooLong.err,
                HasSubstr("has 40 learned positions, and prompt and new tokens need 41"));
    const Ended refused = cli.run(line("gemma2", {"--sp", "3", "--mode", "ulysses"}));
    EXPECT_EQ(refused.exitCode, 8);
    EXPECT_THAT(refused.err, HasSubstr("ulysses needs heads divisible by ranks"));
    const Ended foreign =
        cli.run({"generate", "--model", RINGSCOPE_MODELS "/llama", "--prompt-ids", "5,79"});
    EXPECT_EQ(foreign.exitCode, 3);
    EXPECT_THAT(foreign.err, HasSubstr("has token 79, and the model has ids from 0 to 78"));
}

}  // namespace
}  // namespace ringscope::test
