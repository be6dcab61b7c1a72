// Answers are what the file that describes them says, and what OpenAI's clients read.
#include "backend/serve/api_answer.h"

#include "embedded/openApi.h"
#include "tests/support/json_schema.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <string>

namespace ringscope {
namespace {

using nlohmann::json;

json described(const std::string& schema, const std::string& body) {
    const json file = json::parse(embedded::openApi);
    const json value = json::parse(body);
    EXPECT_EQ(test::schemaMismatch(file, file["components"]["schemas"].at(schema), value), "")
        << schema;
    return value;
}

// The object of an event.
std::string objectIn(const std::string& event) {
    EXPECT_TRUE(event.starts_with("data: ")) << event;
    EXPECT_TRUE(event.ends_with("\n\n")) << event;
    return event.substr(6);
}

AnswerHead headOf(ApiKind kind, bool usage = false) {
    return {.kind = kind,
            .id = newAnswerId(kind),
            .model = "demo/ring",
            .created = 1'700'000'000,
            .includesUsage = usage};
}

TEST(ApiAnswer, HasChoicesAndUsage) {
    const std::vector<AnswerChoice> choices{{"once", std::string(endedByLength), 2},
                                            {"twi\"ce", std::string(endedByStop), 3},
                                            {"", std::string(endedByToken), 1}};
    const json whole = described("Completion", answerBody(headOf(ApiKind::Completion), choices,
                                                          {.promptTokens = 4, .madeTokens = 6}));
    EXPECT_EQ(whole["choices"][1]["text"], "twi\"ce");
    EXPECT_EQ(whole["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(whole["choices"][1]["finish_reason"], "stop");
    EXPECT_EQ(whole["choices"][2]["finish_reason"], "stop");
    EXPECT_EQ(whole["choices"][2]["index"], 2);
    EXPECT_EQ(whole["usage"]["total_tokens"], 10);
    const json chat = described("ChatCompletion", answerBody(headOf(ApiKind::Chat), choices, {}));
    EXPECT_EQ(chat["choices"][0]["message"]["content"], "once");
    EXPECT_TRUE(chat["id"].get<std::string>().starts_with("chatcmpl-"));
}

TEST(ApiAnswer, HasPartsOfStreams) {
    for (const bool usage : {false, true}) {
        const AnswerHead chat = headOf(ApiKind::Chat, usage);
        const json first = described("ChatPart", objectIn(roleEvent(chat, 1)));
        EXPECT_EQ(first["choices"][0]["delta"]["role"], "assistant");
        EXPECT_EQ(first["choices"][0]["index"], 1);
        EXPECT_EQ(first.contains("usage"), usage) << "null, so that a client knows it will come";
        const json more = described("ChatPart", objectIn(growthEvent(chat, 0, "ab", "")));
        EXPECT_EQ(more["choices"][0]["delta"]["content"], "ab");
        EXPECT_TRUE(more["choices"][0]["finish_reason"].is_null());
        const json last = described("ChatPart", objectIn(growthEvent(chat, 0, "", endedByToken)));
        EXPECT_EQ(last["choices"][0]["finish_reason"], "stop");
        const AnswerHead plain = headOf(ApiKind::Completion, usage);
        const json text =
            described("CompletionPart", objectIn(growthEvent(plain, 0, "ab", endedByLength)));
        EXPECT_EQ(text["choices"][0]["text"], "ab");
        EXPECT_EQ(text["choices"][0]["finish_reason"], "length");
    }
    const json used = described(
        "ChatPart",
        objectIn(usageEvent(headOf(ApiKind::Chat, true), {.promptTokens = 3, .madeTokens = 4})));
    EXPECT_TRUE(used["choices"].empty());
    EXPECT_EQ(used["usage"]["completion_tokens"], 4);
}

TEST(ApiAnswer, HasErrorsOfOneForm) {
    const json wrong = described("Error", errorBody(badRequest("n", "n: expected 1")));
    EXPECT_EQ(wrong["error"]["param"], "n");
    EXPECT_TRUE(wrong["error"]["code"].is_null());
    for (const ApiError& error : {tooLong("a"), noSuchModel("a", "b"), noSuchPlace("GET", "/"),
                                  wrongMethod("GET", "/a", "POST"), wrongKey(), bodyTooLarge(5),
                                  queueFull(9), unavailable("loading", "a"), failed("a\xff")})
        EXPECT_GE(error.status, 400) << described("Error", errorBody(error));
    EXPECT_EQ(errorEvent(failed("no")).substr(0, 19), "event: error\ndata: ");
}

TEST(ApiAnswer, ListsTheModel) {
    ServedModel model{.id = "demo/ring"};
    model.longest = 4096;
    EXPECT_EQ(described("Models", modelsBody(model))["data"][0]["id"], "demo/ring");
    EXPECT_EQ(described("Model", modelBody(model))["max_model_len"], 4096);
}

}  // namespace
}  // namespace ringscope
