// Answers as OpenAI's API has them, and the parts of a stream.
#pragma once

#include "backend/serve/api_error.h"
#include "backend/serve/api_request.h"
#include "backend/serve/served_model.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// What all parts of an answer say of it.
struct AnswerHead {
    ApiKind kind = ApiKind::Completion;
    std::string id{};
    std::string model{};
    std::int64_t created = 0;  // seconds since 1970
    bool includesUsage = false;
};

struct AnswerChoice {
    std::string text{};
    std::string ended{};      // endedByLength, …
    std::int64_t tokens = 0;  // that were made
};

struct AnswerUsage {
    std::int64_t promptTokens = 0;
    std::int64_t madeTokens = 0;
};

// "cmpl-" or "chatcmpl-" and what no other answer has.
std::string newAnswerId(ApiKind kind);

std::string answerBody(const AnswerHead& head, const std::vector<AnswerChoice>& choices,
                       const AnswerUsage& usage);

// Server-sent events, each with the empty line behind it.
std::string roleEvent(const AnswerHead& head, std::int64_t choice);  // a chat's first
std::string growthEvent(const AnswerHead& head, std::int64_t choice, std::string_view text,
                        std::string_view ended);  // of text that is more, or has ended
std::string usageEvent(const AnswerHead& head, const AnswerUsage& usage);
std::string errorEvent(const ApiError& error);
extern const std::string_view doneEvent;

std::string modelsBody(const ServedModel& model);
std::string modelBody(const ServedModel& model);

}  // namespace ringscope
