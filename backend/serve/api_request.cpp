#include "backend/serve/api_request.h"

#include "backend/serve/request_fields.h"
#include "backend/text/chat_prompt.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t completionTokens = 16;  // the API's, where a request names no number
constexpr std::size_t mostStops = 16;
constexpr std::size_t longestStop = 1024;  // bytes

// Fields that change nothing here: what they are for is on the client's side.
constexpr const char* ignoredFields[] = {"user", "metadata", "safety_identifier",
                                         "prompt_cache_key"};

class RequestReader {
public:
    RequestReader(ApiKind kind, const Json& body, const ServedModel& model, const ApiLimits& limits,
                  std::int64_t seed)
        : kind_(kind), fields_(body), model_(model), limits_(limits), seed_(seed) {}

    std::variant<ApiRequest, ApiError> read() {
        ApiRequest request{.kind = kind_};
        std::string name;
        fields_.text("model", name);
        if (name.empty()) fields_.refuse("model", "expected the name of a model, see /v1/models");
        readSampling();
        readStops();
        readTokens();
        fields_.whole("n", {1, limits_.texts}, request.choices);
        readStream(request);
        for (const char* field : ignoredFields) fields_.ignore(field);
        if (kind_ == ApiKind::Chat)
            refuseChatFields();
        else
            refuseCompletionFields();
        std::vector<std::vector<std::int64_t>> prompts =
            kind_ == ApiKind::Chat ? readMessages() : readPrompts();
        if (fields_.problem()) return *fields_.problem();
        if (name != model_.id) return noSuchModel(name, model_.id);
        if (request.choices * std::ssize(prompts) > limits_.texts)
            return badRequest("n",
                              fmt::format("n: {} texts are asked for; expected {} at most",
                                          request.choices * std::ssize(prompts), limits_.texts));
        for (std::vector<std::int64_t>& prompt : prompts)
            if (std::optional<ApiError> problem = add(std::move(prompt), request)) return *problem;
        return request;
    }

private:
    void readSampling() {
        SamplingSettings& sampling = shared_.sampling;
        sampling = {.temperature = 1, .seed = seed_};
        fields_.number("temperature", {0, 2}, sampling.temperature);
        fields_.number("top_p", {.least = 0, .most = 1, .above = true}, sampling.topP);
        fields_.number("min_p", {0, 1}, sampling.minP);
        fields_.whole("top_k", {0, std::numeric_limits<std::int32_t>::max()}, sampling.topK);
        fields_.number("repetition_penalty", {.least = 0, .most = 100, .above = true},
                       sampling.repetitionPenalty);
        fields_.number("presence_penalty", {-2, 2}, sampling.presencePenalty);
        fields_.number("frequency_penalty", {-2, 2}, sampling.frequencyPenalty);
        constexpr std::int64_t most = std::int64_t{1} << 62;
        fields_.whole("seed", {-most, most}, sampling.seed);
    }

    void readStops() {
        const Json* stop = fields_.find("stop");
        if (stop == nullptr) return;
        const Json list = stop->is_array() ? *stop : Json::array({*stop});
        const bool sound =
            list.size() <= mostStops && std::ranges::all_of(list, [](const Json& each) {
                if (!each.is_string()) return false;
                const auto& text = each.get_ref<const std::string&>();
                return !text.empty() && text.size() <= longestStop;
            });
        if (!sound)
            return fields_.refuse("stop", fmt::format("expected a text or a list of up to {}, each "
                                                      "of 1 to {} bytes",
                                                      mostStops, longestStop));
        list.get_to(shared_.stops);
    }

    void readTokens() {
        constexpr NumberRange<std::int64_t> range{1, std::int64_t{1} << 30};
        fields_.whole("max_tokens", range, wanted_);
        if (kind_ == ApiKind::Chat) fields_.whole("max_completion_tokens", range, wanted_);
        fields_.flag("ignore_eos", goesOn_);
    }

    void readStream(ApiRequest& request) {
        fields_.flag("stream", request.streams);
        const Json* options = fields_.find("stream_options");
        if (options == nullptr) return;
        if (!options->is_object())
            return fields_.refuse("stream_options",
                                  "expected an object like "
                                  "{\"include_usage\": true}");
        if (!request.streams)
            return fields_.refuse("stream_options", "is for \"stream\": true alone");
        RequestFields inner(*options, "stream_options");
        inner.flag("include_usage", request.includesUsage);
        inner.ignore("include_obfuscation");
        if (inner.problem())
            fields_.refuse(inner.problem()->param, "expected {\"include_usage\": true or false}");
    }

    bool isFalse(const char* name) {
        const Json* value = fields_.find(name);
        return value == nullptr || *value == false;
    }
    bool isEmpty(const char* name) {
        const Json* value = fields_.find(name);
        return value == nullptr || (value->is_structured() && value->empty());
    }

    void refuseCompletionFields() {
        fields_.refuseUnless(isFalse("echo"), "echo",
                             "prompts are not repeated here; leave it out");
        fields_.refuseUnless(fields_.find("logprobs") == nullptr, "logprobs",
                             "probabilities are not told here; leave it out");
        fields_.refuseUnless(fields_.find("suffix") == nullptr, "suffix",
                             "texts are not filled in here; leave it out");
        const Json* best = fields_.find("best_of");
        fields_.refuseUnless(best == nullptr || *best == 1, "best_of",
                             "every text that is made is told here; leave it out and use n");
        fields_.refuseUnless(isEmpty("logit_bias"), "logit_bias",
                             "tokens cannot be made likelier here; leave it out");
    }

    void refuseChatFields() {
        fields_.refuseUnless(isFalse("logprobs"), "logprobs",
                             "probabilities are not told here; leave it out");
        const Json* top = fields_.find("top_logprobs");
        fields_.refuseUnless(top == nullptr || *top == 0, "top_logprobs",
                             "probabilities are not told here; leave it out");
        fields_.refuseUnless(isEmpty("logit_bias"), "logit_bias",
                             "tokens cannot be made likelier here; leave it out");
        for (const char* name : {"tools", "functions"})
            fields_.refuseUnless(isEmpty(name), name, "this server calls no tools; leave it out");
        for (const char* name : {"tool_choice", "function_call"}) {
            const Json* choice = fields_.find(name);
            fields_.refuseUnless(choice == nullptr || *choice == "none" || *choice == "auto", name,
                                 "this server calls no tools; leave it out");
        }
        fields_.ignore("parallel_tool_calls");
        const Json* format = fields_.find("response_format");
        fields_.refuseUnless(
            format == nullptr || (format->is_object() && format->value("type", Json()) == "text"),
            "response_format", "answers are text here; leave it out");
        const Json* modalities = fields_.find("modalities");
        fields_.refuseUnless(modalities == nullptr || *modalities == Json::array({"text"}),
                             "modalities", "answers are text here; leave it out");
        fields_.ignore("store");
    }

    using Ids = std::vector<std::int64_t>;

    std::vector<Ids> readPrompts() {
        const Json* prompt = fields_.find("prompt");
        const auto isId = [](const Json& each) { return wholeNumberOf(each).has_value(); };
        if (prompt == nullptr) {
            fields_.refuse("prompt",
                           "there is none; expected a text, token ids, or a list of such");
            return {};
        }
        const bool isList = prompt->is_array() && !std::ranges::all_of(*prompt, isId);
        std::vector<Ids> prompts;
        if (!isList) {
            readPrompt(*prompt, prompts);
            return prompts;
        }
        if (std::ssize(*prompt) > limits_.texts) {
            fields_.refuse("prompt", fmt::format("expected {} prompts at most; got {}",
                                                 limits_.texts, prompt->size()));
            return {};
        }
        for (const Json& each : *prompt) readPrompt(each, prompts);
        return prompts;
    }

    void readPrompt(const Json& prompt, std::vector<Ids>& prompts) {
        if (prompt.is_string())
            return encode(prompt.get_ref<const std::string&>(), Tokenizer::Around::Added, "prompt",
                          prompts);
        const auto isId = [&](const Json& each) {
            const std::optional<std::int64_t> id = wholeNumberOf(each);
            return id && *id >= 0 && *id < model_.vocabulary;
        };
        if (!prompt.is_array() || prompt.empty() || !std::ranges::all_of(prompt, isId))
            return fields_.refuse(
                "prompt", fmt::format("expected a text, or one or more token ids from 0 to {}; got "
                                      "{}",
                                      model_.vocabulary - 1, shownValue(prompt)));
        Ids ids;
        for (const Json& each : prompt) ids.push_back(*wholeNumberOf(each));
        prompts.push_back(std::move(ids));
    }

    void encode(const std::string& text, Tokenizer::Around around, const char* field,
                std::vector<Ids>& prompts) {
        const Result<std::vector<TokenId>> ids = model_.tokenizer.encode(text, around);
        if (!ids.ok()) return fields_.refuse(field, ids.error().message);
        if (ids->empty()) return fields_.refuse(field, "has no token by this model's tokenizer");
        if (std::ranges::any_of(*ids, [&](TokenId id) { return id >= model_.vocabulary; }))
            return fields_.refuse(field, "has a token that the model does not have");
        prompts.emplace_back(ids->begin(), ids->end());
    }

    std::vector<Ids> readMessages() {
        const Json* messages = fields_.find("messages");
        std::vector<Ids> prompts;
        if (messages == nullptr || !messages->is_array() || messages->empty()) {
            fields_.refuse("messages", "expected a list of messages, one at least");
            return prompts;
        }
        if (!model_.chat) {
            fields_.refuse("messages", fmt::format("'{}' takes no conversations: {}; ask "
                                                   "/v1/completions",
                                                   model_.id, model_.whyNoChat));
            return prompts;
        }
        Conversation conversation;
        for (std::size_t i = 0; i < messages->size(); ++i)
            if (!readMessage((*messages)[i], fmt::format("messages[{}]", i), conversation))
                return prompts;
        if (conversation.back().role != ChatRole::User) {
            fields_.refuse("messages", "expected the last one to be the user's");
            return prompts;
        }
        const Result<std::string> text =
            chatPrompt(*model_.chat, std::move(conversation), model_.tokenizer);
        if (!text.ok())
            fields_.refuse("messages", text.error().message);
        else
            encode(*text, Tokenizer::Around::LeftOut, "messages", prompts);
        return prompts;
    }

    bool readMessage(const Json& message, const std::string& path, Conversation& conversation) {
        if (!message.is_object()) {
            fields_.refuse(path, "expected an object with role and content");
            return false;
        }
        RequestFields fields(message, path);
        std::string role;
        fields.text("role", role);
        const std::optional<ChatRole> known = roleOf(role);
        if (!known) fields.refuse("role", "expected system, developer, user or assistant");
        const std::optional<std::string> content = contentOf(fields.find("content"));
        if (!content) fields.refuse("content", "expected a text, or a list of parts of type text");
        fields.ignore("name");
        fields.ignore("refusal");
        if (fields.problem()) {
            // Its sentence begins with the path already.
            fields_.refuse(fields.problem()->param,
                           fields.problem()->message.substr(fields.problem()->param.size() + 2));
            return false;
        }
        conversation.push_back({*known, *content});
        return true;
    }

    static std::optional<ChatRole> roleOf(const std::string& role) {
        if (role == "system" || role == "developer") return ChatRole::System;
        if (role == "user") return ChatRole::User;
        if (role == "assistant") return ChatRole::Assistant;
        return std::nullopt;
    }

    static std::optional<std::string> contentOf(const Json* content) {
        if (content == nullptr) return std::nullopt;
        if (content->is_string()) return content->get<std::string>();
        if (!content->is_array()) return std::nullopt;
        std::string text;
        for (const Json& part : *content) {
            if (!part.is_object() || part.size() != 2 || part.value("type", Json()) != "text" ||
                !part.contains("text") || !part["text"].is_string())
                return std::nullopt;
            text += part["text"].get_ref<const std::string&>();
        }
        return text;
    }

    // How many tokens a text may have, where the request names no number: what the API says, or
    // what there is room for.
    std::optional<ApiError> add(std::vector<std::int64_t> prompt, ApiRequest& request) const {
        const std::int64_t room = model_.longest - std::ssize(prompt);
        const std::int64_t usual = kind_ == ApiKind::Chat ? limits_.chatTokens : completionTokens;
        const std::int64_t tokens = wanted_ > 0 ? wanted_ : std::min(usual, room);
        if (room < 1 || tokens > room)
            return tooLong(fmt::format(
                "the prompt has {} tokens and {} new ones are asked for; a text may have {} here",
                prompt.size(), std::max<std::int64_t>(1, tokens), model_.longest));
        GenerationRequest each = shared_;
        each.prompt = std::move(prompt);
        each.maxTokens = tokens;
        if (!goesOn_) each.endTokens = model_.endTokens;
        request.prompts.push_back(std::move(each));
        return std::nullopt;
    }

    ApiKind kind_;
    RequestFields fields_;
    const ServedModel& model_;
    const ApiLimits& limits_;
    std::int64_t seed_;
    GenerationRequest shared_{};
    std::int64_t wanted_ = 0;
    bool goesOn_ = false;
};

}  // namespace

std::int64_t ApiRequest::promptTokens() const {
    std::int64_t tokens = 0;
    for (const GenerationRequest& prompt : prompts) tokens += std::ssize(prompt.prompt);
    return tokens;
}

std::variant<ApiRequest, ApiError> readApiRequest(ApiKind kind, std::string_view body,
                                                  const ServedModel& model, const ApiLimits& limits,
                                                  std::int64_t seed) {
    Json object;
    try {
        object = Json::parse(body);
    } catch (const Json::parse_error& error) {
        return badRequest("",
                          fmt::format("the body is no JSON: byte {} cannot be read", error.byte));
    }
    if (!object.is_object())
        return badRequest("", "the body is " + shownValue(object) + "; expected an object");
    return RequestReader(kind, object, model, limits, seed).read();
}

}  // namespace ringscope
