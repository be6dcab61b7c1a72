// What a client asks for: the body of a completion or a chat completion, checked and tokenized.
#pragma once

#include "backend/core/result.h"
#include "backend/generate/generation_request.h"
#include "backend/serve/api_error.h"
#include "backend/serve/served_model.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ringscope {

enum class ApiKind : std::uint8_t { Completion, Chat };

struct ApiRequest {
    ApiKind kind = ApiKind::Completion;
    std::vector<GenerationRequest> prompts{};
    std::int64_t choices = 1;  // texts that go on from each prompt
    bool streams = false;
    bool includesUsage = false;  // of a stream, in its last part

    std::int64_t texts() const { return choices * std::ssize(prompts); }
    std::int64_t promptTokens() const;  // of all prompts, each counted once
};

struct ApiLimits {
    std::int64_t texts = 128;        // of one request
    std::int64_t chatTokens = 1024;  // of an answer whose request names no number
};

// `seed`: for a request without one. May be called from several threads.
std::variant<ApiRequest, ApiError> readApiRequest(ApiKind kind, std::string_view body,
                                                  const ServedModel& model, const ApiLimits& limits,
                                                  std::int64_t seed);

}  // namespace ringscope
