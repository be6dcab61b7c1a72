#include "backend/serve/api_answer.h"

#include "backend/core/ids.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace ringscope {
namespace {

using Json = nlohmann::json;

std::string textOf(const Json& object) {
    return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string eventOf(const Json& object) { return "data: " + textOf(object) + "\n\n"; }

Json reasonOf(std::string_view ended) {
    if (ended.empty()) return nullptr;
    return ended == endedByLength ? "length" : "stop";
}

Json usageOf(const AnswerUsage& usage) {
    return {{"prompt_tokens", usage.promptTokens},
            {"completion_tokens", usage.madeTokens},
            {"total_tokens", usage.promptTokens + usage.madeTokens}};
}

Json headOf(const AnswerHead& head, bool part) {
    const bool chat = head.kind == ApiKind::Chat;
    Json object = {{"id", head.id},
                   {"object", !chat  ? "text_completion"
                              : part ? "chat.completion.chunk"
                                     : "chat.completion"},
                   {"created", head.created},
                   {"model", head.model}};
    if (part && head.includesUsage) object["usage"] = nullptr;
    return object;
}

Json partOf(const AnswerHead& head, Json choice) {
    Json object = headOf(head, /*part=*/true);
    object["choices"] = Json::array({std::move(choice)});
    return object;
}

Json modelObject(const ServedModel& model) {
    return {{"id", model.id},
            {"object", "model"},
            {"created", model.created},
            {"owned_by", "ringscope"},
            {"max_model_len", model.longest}};
}

}  // namespace

const std::string_view doneEvent = "data: [DONE]\n\n";

std::string newAnswerId(ApiKind kind) {
    return (kind == ApiKind::Chat ? "chatcmpl-" : "cmpl-") + RunId::random().text;
}

std::string answerBody(const AnswerHead& head, const std::vector<AnswerChoice>& choices,
                       const AnswerUsage& usage) {
    Json object = headOf(head, /*part=*/false);
    Json list = Json::array();
    for (const AnswerChoice& choice : choices) {
        Json each = {{"index", list.size()},
                     {"logprobs", nullptr},
                     {"finish_reason", reasonOf(choice.ended)}};
        if (head.kind == ApiKind::Chat)
            each["message"] = {
                {"role", "assistant"}, {"content", choice.text}, {"refusal", nullptr}};
        else
            each["text"] = choice.text;
        list.push_back(std::move(each));
    }
    object["choices"] = std::move(list);
    object["usage"] = usageOf(usage);
    return textOf(object);
}

std::string roleEvent(const AnswerHead& head, std::int64_t choice) {
    return eventOf(partOf(head, {{"index", choice},
                                 {"delta", {{"role", "assistant"}, {"content", ""}}},
                                 {"logprobs", nullptr},
                                 {"finish_reason", nullptr}}));
}

std::string growthEvent(const AnswerHead& head, std::int64_t choice, std::string_view text,
                        std::string_view ended) {
    Json part = {{"index", choice}, {"logprobs", nullptr}, {"finish_reason", reasonOf(ended)}};
    if (head.kind == ApiKind::Chat)
        part["delta"] = text.empty() ? Json::object() : Json{{"content", text}};
    else
        part["text"] = text;
    return eventOf(partOf(head, std::move(part)));
}

std::string usageEvent(const AnswerHead& head, const AnswerUsage& usage) {
    Json object = headOf(head, /*part=*/true);
    object["choices"] = Json::array();
    object["usage"] = usageOf(usage);
    return eventOf(object);
}

std::string errorEvent(const ApiError& error) {
    return "event: error\ndata: " + errorBody(error) + "\n\n";
}

std::string modelsBody(const ServedModel& model) {
    return textOf({{"object", "list"}, {"data", Json::array({modelObject(model)})}});
}

std::string modelBody(const ServedModel& model) { return textOf(modelObject(model)); }

}  // namespace ringscope
