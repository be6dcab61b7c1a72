// Chat formats against what transformers makes of the same programs and conversations
// (tests/peers/chat_templates.py).
#include "backend/text/chat_template.h"

#include "backend/core/files.h"
#include "backend/text/token_text.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json recordedFormats() { return json::parse(readFile(RINGSCOPE_CHATS "/formats.json").value()); }

Conversation conversationOf(const json& messages) {
    Conversation conversation;
    for (const json& message : messages) {
        const std::string role = message["role"];
        conversation.push_back({role == "system" ? ChatRole::System
                                : role == "user" ? ChatRole::User
                                                 : ChatRole::Assistant,
                                message["content"]});
    }
    return conversation;
}

const ChatTokens tokens{"<|bos|>", "<|eos|>"};

TEST(ChatTemplate, WritesWhatTransformersWrites) {
    const json formats = recordedFormats();
    for (const json& row : formats["known"]) {
        const std::string name = row["name"];
        const Result<ChatTemplate> chat =
            ChatTemplate::recognised(row["program"].get<std::string>());
        ASSERT_TRUE(chat.ok()) << name << ": " << chat.error().message;
        EXPECT_TRUE(name.starts_with(nameOf(chat->format()))) << name;
        for (const json& one : row["cases"]) {
            const Result<RenderedChat> made = chat->render(conversationOf(one["messages"]), tokens);
            const bool dropped = name == "phi3-first" && one["messages"][0]["role"] == "system";
            if (one.contains("refused") || dropped)
                EXPECT_FALSE(made.ok()) << name << one;
            else if (!made.ok())
                ADD_FAILURE() << name << ": " << made.error().message;
            else
                EXPECT_EQ(made->text, one["text"]) << name;
        }
    }
}

// A conversation as a user's file, with the tokenizer's folder.
class ChatData : public ::testing::Test {
protected:
    ChatData() {
        const std::filesystem::path from = RINGSCOPE_CHATS;
        for (const char* file : {"tokenizer.json", "tokenizer_config.json"})
            std::filesystem::copy(from / file, folder_.path() / file);
        config.train.task = TrainTask::Sft;
        config.train.seqLen = 512;
        config.data.source = (folder_.path() / "talks.jsonl").string();
        config.data.tokenizer = folder_.path().string();
        config.model.vocabSize = 1000;
    }
    void write(const std::string& file, const std::string& content) const {
        std::ofstream(folder_.path() / file, std::ios::binary) << content;
    }
    std::string refusal() const {
        const Result<TokenText> text = TokenText::open(config);
        return text.ok() ? std::string() : text.error().message;
    }

    test::TemporaryFolder folder_;
    RunConfig config;
};

TEST_F(ChatData, LearnsTheTokensThatTransformersMarksAsAnswers) {
    const json formats = recordedFormats();
    for (const json& row : formats["known"]) {
        write("chat_template.jinja", row["program"]);
        for (const json& one : row["cases"]) {
            const bool dropped =
                row["name"] == "phi3-first" && one["messages"][0]["role"] == "system";
            if (one.contains("refused") || dropped) continue;
            write("talks.jsonl", json{{"messages", one["messages"]}}.dump());
            const Result<TokenText> text = TokenText::open(config);
            ASSERT_TRUE(text.ok()) << text.error().message;
            std::vector<std::int64_t> ids;
            std::vector<bool> learned(one["ids"].size(), false);
            std::vector<bool> found;
            for (std::int64_t token = 0; token < text->size(); ++token) {
                ids.push_back(text->at(token));
                found.push_back(text->learned(token));
            }
            for (const json& span : one["learned"])
                for (std::size_t token = span[0]; token < span[1]; ++token) learned[token] = true;
            EXPECT_EQ(json(ids), one["ids"]) << row["name"];
            EXPECT_EQ(found, learned) << row["name"];
        }
    }
}

TEST(ChatTemplate, RefusesAProgramThatWritesAnythingElse) {
    std::map<std::string, std::string> refusals;
    const json formats = recordedFormats();
    for (const json& row : formats["unknown"]) {
        const Result<ChatTemplate> chat =
            ChatTemplate::recognised(row["program"].get<std::string>());
        ASSERT_FALSE(chat.ok()) << row["name"];
        refusals[row["name"]] = chat.error().message;
    }
    EXPECT_EQ(
        refusals["thinking"],
        "the chat template of the tokenizer looks like chatml and writes '<think>  </think>', "
        "which that format does not; known are chatml, llama2, llama3, mistral, gemma, phi3, "
        "deepseek, alpaca: name one of them in data.chat_template if it is the model's");
    EXPECT_THAT(refusals["today"], HasSubstr("looks like llama3 and writes '%d %b %Y'"));
    EXPECT_THAT(refusals["zephyr"], HasSubstr("is none of the known formats; known are chatml"));
    EXPECT_THAT(refusals["mixed"], HasSubstr("[INST] in several ways"));
}

TEST_F(ChatData, NamesFileLineAndColumnOfWhatItCannotUse) {
    const std::string fine = R"({"messages": [{"role": "user", "content": "Hi"}, )"
                             R"({"role": "assistant", "content": "Hello"}]})";
    const std::string path = config.data.source;
    config.data.chatTemplate = ChatFormat::Gemma;
    const auto with = [&](const std::string& line) {
        write("talks.jsonl", fine + "\n" + line + "\n" + fine + "\n");
        return refusal();
    };
    EXPECT_EQ(with(fine), "");
    EXPECT_EQ(with(R"({"messages": [{"role": "system", "content": "x"}]})"),
              "data.source: " + path +
                  ":2:1: gemma has no place for a system message; put it into the first question");
    EXPECT_EQ(
        with(R"({"messages": [{"role": "user", "content": "x"}]})"),
        "data.source: " + path + ":2:1: the conversation has no answer to learn; remove the line");
    EXPECT_EQ(with(R"({"messages": [{"role": "tool", "content": "x"}]})"),
              "data.source: " + path +
                  ":2:47: the role 'tool' is not known; use system, user or assistant");
    EXPECT_EQ(with(R"({"text": "x"})"),
              "data.source: " + path +
                  ":2:1: a text has no answers, which train.task sft learns; give prompt and "
                  "completion, or messages");
}

TEST_F(ChatData, NeedsATemplateForMessagesAlone) {
    write("talks.jsonl", R"({"messages": [{"role": "user", "content": "Hi"}, )"
                         R"({"role": "assistant", "content": "Hello"}]})");
    EXPECT_THAT(refusal(), HasSubstr("talks.jsonl:1:1: messages need a chat template, and the "
                                     "tokenizer has none; name one in data.chat_template"));
    const json formats = recordedFormats();
    write("chat_template.jinja", formats["unknown"][0]["program"]);
    EXPECT_THAT(refusal(), HasSubstr("talks.jsonl:1:1: the chat template of the tokenizer looks "
                                     "like chatml and writes"));
    write("talks.jsonl", R"({"prompt": "2 + 2 =", "completion": " 4"})");
    EXPECT_EQ(refusal(), "");
}

TEST_F(ChatData, LearnsTheCompletionOfAPromptAndTheTokenThatEndsIt) {
    write("talks.jsonl", R"({"prompt": "Two mills: ", "completion": "one grinds"})");
    const TokenText text = TokenText::open(config).value();
    const Tokenizer tokenizer = Tokenizer::load(config.data.tokenizer).value();
    std::vector<TokenId> learned;
    for (std::int64_t token = 0; token < text.size(); ++token)
        if (text.learned(token)) learned.push_back(static_cast<TokenId>(text.at(token)));
    EXPECT_EQ(tokenizer.decode(learned, Tokenizer::Special::Kept).value(), "one grinds<|eos|>");
    EXPECT_EQ(text.facts().labelled, std::ssize(learned));
}

}  // namespace
}  // namespace ringscope
