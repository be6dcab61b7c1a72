// Bodies of requests: what is made of them, the sentence for each that is wrong, and that the file
// which describes them says the same.
#include "backend/serve/api_request.h"

#include "embedded/openApi.h"
#include "tests/support/json_schema.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace ringscope {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ServedModel bytesModel() {
    ServedModel model{.id = "tiny", .tokenizerName = "byte"};
    model.chat = ChatTemplate::named(ChatFormat::ChatMl);
    model.endTokens = {0};
    model.vocabulary = 256;
    model.longest = 100;
    return model;
}

std::variant<ApiRequest, ApiError> readFrom(ApiKind kind, const std::string& body,
                                            const ServedModel& model = bytesModel()) {
    return readApiRequest(kind, body, model, {.texts = 8, .chatTokens = 20}, 77);
}

ApiRequest readWell(ApiKind kind, const json& body) {
    const auto read = readFrom(kind, body.dump());
    if (const auto* error = std::get_if<ApiError>(&read)) {
        ADD_FAILURE() << error->message;
        return {};
    }
    return std::get<ApiRequest>(read);
}

ApiError refused(ApiKind kind, const std::string& body, const ServedModel& model = bytesModel()) {
    const auto read = readFrom(kind, body, model);
    if (std::holds_alternative<ApiRequest>(read)) {
        ADD_FAILURE() << "was accepted: " << body;
        return {};
    }
    return std::get<ApiError>(read);
}

json completion(const json& more = json::object()) {
    json body = {{"model", "tiny"}, {"prompt", "Two"}};
    body.update(more);
    return body;
}

json chat(const json& more = json::object()) {
    json body = {{"model", "tiny"}, {"messages", {{{"role", "user"}, {"content", "Hi"}}}}};
    body.update(more);
    return body;
}

TEST(ApiRequest, HasWhatTheApiDoesWhereNothingIsSaid) {
    const ApiRequest read = readWell(ApiKind::Completion, completion());
    ASSERT_EQ(read.prompts.size(), 1U);
    const GenerationRequest& text = read.prompts[0];
    EXPECT_THAT(text.prompt, ElementsAre('T', 'w', 'o'));
    EXPECT_EQ(text.maxTokens, 16);
    EXPECT_EQ(text.sampling, (SamplingSettings{.temperature = 1, .seed = 77}));
    EXPECT_THAT(text.endTokens, ElementsAre(0));
    EXPECT_EQ(read.choices, 1);
    EXPECT_FALSE(read.streams);
    EXPECT_EQ(readWell(ApiKind::Chat, chat()).prompts[0].maxTokens, 20);
    EXPECT_EQ(
        readWell(ApiKind::Completion, completion({{"n", nullptr}, {"stop", nullptr}})).choices, 1);
}

TEST(ApiRequest, TakesWhatIsSaid) {
    const ApiRequest read =
        readWell(ApiKind::Completion, completion({{"max_tokens", 9},
                                                  {"temperature", 0.5},
                                                  {"top_p", 0.9},
                                                  {"top_k", 40},
                                                  {"min_p", 0.1},
                                                  {"repetition_penalty", 1.2},
                                                  {"presence_penalty", -1},
                                                  {"frequency_penalty", 2},
                                                  {"seed", -5},
                                                  {"n", 3},
                                                  {"stop", "\n"},
                                                  {"stream", true},
                                                  {"stream_options", {{"include_usage", true}}},
                                                  {"ignore_eos", true},
                                                  {"user", "someone"}}));
    const GenerationRequest& text = read.prompts[0];
    EXPECT_EQ(text.maxTokens, 9);
    EXPECT_EQ(text.sampling, (SamplingSettings{.temperature = 0.5,
                                               .topK = 40,
                                               .topP = 0.9,
                                               .minP = 0.1,
                                               .repetitionPenalty = 1.2,
                                               .presencePenalty = -1,
                                               .frequencyPenalty = 2,
                                               .seed = -5}));
    EXPECT_THAT(text.stops, ElementsAre("\n"));
    EXPECT_TRUE(text.endTokens.empty());
    EXPECT_TRUE(read.streams && read.includesUsage);
    EXPECT_EQ(read.texts(), 3);
}

TEST(ApiRequest, TakesPromptsInEveryForm) {
    const auto promptsOf = [](const json& prompt) {
        std::vector<std::vector<std::int64_t>> all;
        for (const GenerationRequest& each :
             readWell(ApiKind::Completion, completion({{"prompt", prompt}})).prompts)
            all.push_back(each.prompt);
        return all;
    };
    using Ids = std::vector<std::int64_t>;
    EXPECT_THAT(promptsOf({5, 6}), ElementsAre(Ids{5, 6}));
    EXPECT_THAT(promptsOf({5.0, 6}), ElementsAre(Ids{5, 6})) << "5.0 is a whole number in JSON";
    EXPECT_THAT(promptsOf({"a", "bc"}), ElementsAre(Ids{'a'}, Ids{'b', 'c'}));
    EXPECT_THAT(promptsOf({{1, 2}, {3}}), ElementsAre(Ids{1, 2}, Ids{3}));
}

TEST(ApiRequest, PutsAConversationIntoTheModelsForm) {
    const json parts = {{{"type", "text"}, {"text", "H"}}, {{"type", "text"}, {"text", "i"}}};
    const json messages = {{{"role", "developer"}, {"content", "Be short"}},
                           {{"role", "user"}, {"content", parts}}};
    const ApiRequest read =
        readWell(ApiKind::Chat, chat({{"messages", messages}, {"max_completion_tokens", 5}}));
    std::string text;
    for (const std::int64_t id : read.prompts[0].prompt) text += static_cast<char>(id);
    EXPECT_EQ(text,
              "<|im_start|>system\nBe short<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
              "<|im_start|>assistant\n");
    EXPECT_EQ(read.prompts[0].maxTokens, 5);
}

struct Wrong {
    json more;
    std::string param;
    std::string sentence;
    bool describes = true;  // the file that describes requests refuses it, too
};

TEST(ApiRequest, SaysWhatIsWrongWithACompletion) {
    const std::vector<Wrong> all = {
        {{{"temperature", 2.5}},
         "temperature",
         "temperature: expected a number from 0, to 2; got 2.5"},
        {{{"temperature", "hot"}}, "temperature", "got 'hot'"},
        {{{"top_p", 0}}, "top_p", "top_p: expected a number above 0, to 1; got 0"},
        {{{"n", 0}}, "n", "n: expected a whole number from 1 to 8; got 0"},
        {{{"n", 1.5}}, "n", "got 1.5"},
        {{{"n", 18446744073709551615ULL}}, "n", "got 18446744073709551615"},
        {{{"max_tokens", 0}}, "max_tokens", "max_tokens: expected a whole number from 1"},
        {{{"stop", ""}}, "stop", "stop: expected a text or a list of up to 16"},
        {{{"stop", {1}}}, "stop", "stop: expected a text or a list"},
        {{{"stream", "yes"}}, "stream", "stream: expected true or false; got 'yes'"},
        {{{"stream_options", {{"include_usage", true}}}},
         "stream_options",
         "is for \"stream\": true",
         false},
        {{{"stream", true}, {"stream_options", {{"usage", true}}}},
         "stream_options.usage",
         "expected {\"include_usage\": true or false}"},
        {{{"echo", true}}, "echo", "echo: prompts are not repeated here"},
        {{{"logprobs", 1}}, "logprobs", "logprobs: probabilities are not told here"},
        {{{"suffix", "x"}}, "suffix", "suffix: texts are not filled in here"},
        {{{"best_of", 2}}, "best_of", "best_of: every text that is made is told here"},
        {{{"logit_bias", {{"5", 1}}}}, "logit_bias", "logit_bias: tokens cannot be made likelier"},
        {{{"temprature", 1}}, "temprature", "temprature: there is no such field"},
        {{{"prompt", nullptr}}, "prompt", "prompt: there is none"},
        {{{"prompt", ""}}, "prompt", "prompt: has no token", false},
        {{{"prompt", json::array()}}, "prompt", "one or more token ids from 0 to 255; got a list"},
        {{{"prompt", {5, 256}}}, "prompt", "token ids from 0 to 255", false},
        {{{"prompt", {{{"a", 1}}}}}, "prompt", "got an object"},
        {{{"prompt", std::vector<std::string>(9, "a")}},
         "prompt",
         "expected 8 prompts at most; got 9",
         false},
        {{{"prompt", {"a", "b", "c"}}, {"n", 3}},
         "n",
         "n: 9 texts are asked for; expected 8",
         false},
        {{{"model", 5}}, "model", "model: expected a text; got 5"},
        {{{"model", ""}}, "model", "model: expected the name of a model"},
        {{{"max_completion_tokens", 5}}, "max_completion_tokens", "there is no such field"},
    };
    const json file = json::parse(embedded::openApi);
    const json& schema = file["components"]["schemas"]["CompletionRequest"];
    EXPECT_EQ(test::schemaMismatch(file, schema, completion()), "");
    for (const Wrong& wrong : all) {
        const json body = completion(wrong.more);
        SCOPED_TRACE(body.dump());
        const ApiError error = refused(ApiKind::Completion, body.dump());
        EXPECT_EQ(error.status, 400);
        EXPECT_EQ(error.param, wrong.param);
        EXPECT_EQ(error.type, "invalid_request_error");
        EXPECT_THAT(error.message, HasSubstr(wrong.sentence));
        if (!wrong.describes) continue;
        EXPECT_NE(test::schemaMismatch(file, schema, body), "");
    }
}

TEST(ApiRequest, SaysWhatIsWrongWithAChat) {
    const auto messages = [](const json& message) { return json{{"messages", {message}}}; };
    const json image = {{{"type", "image_url"}, {"image_url", {{"url", "x"}}}}};
    const std::vector<Wrong> all = {
        {{{"messages", nullptr}},
         "messages",
         "messages: expected a list of messages, one at least"},
        {{{"messages", json::array()}}, "messages", "one at least"},
        {messages("Hi"), "messages[0]", "messages[0]: expected an object with role and content"},
        {messages({{"role", "tool"}, {"content", "x"}}), "messages[0].role",
         "messages[0].role: expected system, developer, user or assistant"},
        {messages({{"role", "user"}}), "messages[0].content",
         "messages[0].content: expected a text, or a list of parts of type text"},
        {messages({{"role", "user"}, {"content", image}}), "messages[0].content",
         "parts of type text"},
        {messages({{"role", "user"}, {"content", "a"}, {"tool_calls", 1}}),
         "messages[0].tool_calls", "messages[0].tool_calls: there is no such field"},
        {messages({{"role", "assistant"}, {"content", "a"}}), "messages",
         "messages: expected the last one to be the user's", false},
        {{{"tools", {{{"type", "function"}}}}}, "tools", "tools: this server calls no tools"},
        {{{"tool_choice", "required"}}, "tool_choice", "tool_choice: this server calls no tools"},
        {{{"response_format", {{"type", "json_object"}}}},
         "response_format",
         "answers are text here"},
        {{{"logprobs", true}}, "logprobs", "probabilities are not told here"},
        {{{"prompt", "a"}}, "prompt", "prompt: there is no such field"},
    };
    const json file = json::parse(embedded::openApi);
    const json& schema = file["components"]["schemas"]["ChatRequest"];
    EXPECT_EQ(test::schemaMismatch(file, schema, chat()), "");
    for (const Wrong& wrong : all) {
        const json body = chat(wrong.more);
        SCOPED_TRACE(body.dump());
        const ApiError error = refused(ApiKind::Chat, body.dump());
        EXPECT_EQ(error.param, wrong.param);
        EXPECT_THAT(error.message, HasSubstr(wrong.sentence));
        if (!wrong.describes) continue;
        EXPECT_NE(test::schemaMismatch(file, schema, body), "");
    }
    ServedModel without = bytesModel();
    without.chat.reset();
    without.whyNoChat = "its folder has no chat template";
    EXPECT_THAT(refused(ApiKind::Chat, chat().dump(), without).message,
                HasSubstr("'tiny' takes no conversations: its folder has no chat template; ask "
                          "/v1/completions"));
}

TEST(ApiRequest, SaysWhatIsNoRequest) {
    EXPECT_THAT(refused(ApiKind::Completion, "{\"model\": tiny}").message,
                HasSubstr("the body is no JSON: byte 12 cannot be read"));
    EXPECT_THAT(refused(ApiKind::Completion, "").message, HasSubstr("the body is no JSON"));
    EXPECT_THAT(refused(ApiKind::Completion, "[1]").message,
                HasSubstr("the body is a list; expected an object"));
    EXPECT_THAT(refused(ApiKind::Completion, std::string(200'000, '[')).message,
                HasSubstr("the body is no JSON"));
    EXPECT_THAT(refused(ApiKind::Completion, "{\"prompt\": \"\xff\"}").message,
                HasSubstr("the body is no JSON"));
}

TEST(ApiRequest, SaysThatAnotherModelIsServedAndWhatATextMayHave) {
    const ApiError other = refused(ApiKind::Chat, chat({{"model", "gpt-4"}}).dump());
    EXPECT_EQ(other.status, 404);
    EXPECT_EQ(other.code, "model_not_found");
    EXPECT_EQ(other.message, "there is no model 'gpt-4' here; 'tiny' is served");

    const auto fits = [](std::int64_t prompt, const json& more) {
        json body = completion({{"prompt", std::string(static_cast<std::size_t>(prompt), 'a')}});
        body.update(more);
        return body;
    };
    EXPECT_EQ(readWell(ApiKind::Completion, fits(90, json::object())).prompts[0].maxTokens, 10);
    EXPECT_EQ(readWell(ApiKind::Completion, fits(90, {{"max_tokens", 10}})).prompts[0].maxTokens,
              10);
    for (const json& body :
         {fits(90, {{"max_tokens", 11}}), fits(100, json::object()), fits(200, json::object())}) {
        const ApiError error = refused(ApiKind::Completion, body.dump());
        EXPECT_EQ(error.status, 400);
        EXPECT_EQ(error.code, "context_length_exceeded");
        EXPECT_THAT(error.message, HasSubstr("a text may have 100 here"));
    }
}

}  // namespace
}  // namespace ringscope
