// A model with a chat template, asked on the command line and by clients.
#include "tests/e2e/served.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const char* const chatMl =
    R"({"chat_template": "{% for message in messages %}{{'<|im_start|>' + message['role'] + )"
    R"('\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %})"
    R"({% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}", )"
    R"("eos_token": "<|im_end|>"})";

class Chat : public ServedModelTest {
protected:
    static void SetUpTestSuite() {
        makeCli();
        const std::filesystem::path folder = cli().folder() / "tokenizer";
        std::filesystem::create_directory(folder);
        std::filesystem::copy(RINGSCOPE_CHATS "/tokenizer.json", folder / "tokenizer.json");
        cli().write("tokenizer/tokenizer_config.json", chatMl);
        train("talks", "model: {preset: nano, vocab_size: 512}\ndata: {tokenizer: " +
                           folder.string() + "}\n");
    }
    static void TearDownTestSuite() { forgetCli(); }

    static std::string textOf(const std::vector<std::string>& more) {
        std::vector<std::string> words{"generate",     "--model", "talks",
                                       "--max-tokens", "12",      "--json"};
        words.insert(words.end(), more.begin(), more.end());
        return cli().json(words)["texts"][0]["text"];
    }
};

const char* const asked =
    "<|im_start|>system\nBe short<|im_end|>\n<|im_start|>user\nWho stands there?<|im_end|>\n"
    "<|im_start|>assistant\n";

TEST_F(Chat, IsTheTemplatesTextAsAPrompt) {
    const std::string wanted = textOf({"--prompt", asked});
    EXPECT_EQ(textOf({"--chat", "--system", "Be short", "--prompt", "Who stands there?"}), wanted);
    EXPECT_NE(textOf({"--prompt", "Who stands there?"}), wanted);

    start("talks");
    const HttpAnswer answer =
        post("/v1/chat/completions", {{"model", "talks"},
                                      {"max_tokens", 12},
                                      {"temperature", 0},
                                      {"messages",
                                       {{{"role", "system"}, {"content", "Be short"}},
                                        {{"role", "user"}, {"content", "Who stands there?"}}}}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(mismatch("/v1/chat/completions", "post", answer), "");
    EXPECT_EQ(json::parse(answer.body)["choices"][0]["message"]["content"], wanted);
}

TEST_F(Chat, NeedsATemplate) {
    const Ended without =
        cli().run({"generate", "--model", "talks", "--tokenizer", RINGSCOPE_CHATS "/tokenizer.json",
                   "--chat", "--prompt", "Hi"});
    EXPECT_EQ(without.exitCode, 3);
    EXPECT_THAT(without.err,
                HasSubstr("has no chat template (chat_template.jinja, or chat_template"));
}

// A prompt that one rank's memory does not hold, on two.
TEST_F(Chat, GeneratesOnTwoRanksWhatDoesNotFitOnOne) {
    std::string ids;
    for (int token = 0; token < 8'000; ++token)
        ids += (token > 0 ? "," : "") + std::to_string(18 + token * 7 % 300);
    const std::vector<std::string> words{"generate", "--model",      "talks", "--prompt-ids",
                                         ids,        "--max-tokens", "3",     "--ignore-end",
                                         "--json"};
    const auto with = [&](const std::vector<std::string>& more) {
        std::vector<std::string> all = words;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    const json whole = cli().json(words);
    const json shared = cli().json(with({"--sp", "2"}));
    EXPECT_EQ(shared["texts"][0]["tokens"], whole["texts"][0]["tokens"]);
    const auto one = whole["peak_bytes"].get<std::int64_t>();
    const auto two = shared["peak_bytes"].get<std::int64_t>();
    ASSERT_LT(two, one * 2 / 3);
    const std::string between = std::to_string((one + two) / 2);
    const Ended alone = cli().run(with({"--budget", between}));
    EXPECT_EQ(alone.exitCode, 7);
    EXPECT_THAT(alone.err, HasSubstr(" has no room for "));
    EXPECT_THAT(alone.err, HasSubstr("share the text among more ranks"));
    const json fits = cli().json(with({"--sp", "2", "--budget", between}));
    EXPECT_EQ(fits["texts"][0]["tokens"], whole["texts"][0]["tokens"]);
}

}  // namespace
}  // namespace ringscope::test
