#include "backend/generate/generation_request.h"

#include <nlohmann/json.hpp>

namespace ringscope {

std::string generationText(const GenerationRequest& request) {
    const SamplingSettings& sampling = request.sampling;
    const nlohmann::json object = {{"prompt", request.prompt},
                                   {"max_tokens", request.maxTokens},
                                   {"texts", request.texts},
                                   {"temperature", sampling.temperature},
                                   {"top_k", sampling.topK},
                                   {"top_p", sampling.topP},
                                   {"min_p", sampling.minP},
                                   {"repetition_penalty", sampling.repetitionPenalty},
                                   {"seed", sampling.seed},
                                   {"stops", request.stops},
                                   {"end_tokens", request.endTokens},
                                   {"tokenizer", request.tokenizer},
                                   {"presence_penalty", sampling.presencePenalty},
                                   {"frequency_penalty", sampling.frequencyPenalty}};
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<GenerationRequest> generationFromText(std::string_view text) {
    const nlohmann::json object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    try {
        GenerationRequest request;
        object.at("prompt").get_to(request.prompt);
        object.at("max_tokens").get_to(request.maxTokens);
        object.at("texts").get_to(request.texts);
        object.at("temperature").get_to(request.sampling.temperature);
        object.at("top_k").get_to(request.sampling.topK);
        object.at("top_p").get_to(request.sampling.topP);
        object.at("min_p").get_to(request.sampling.minP);
        object.at("repetition_penalty").get_to(request.sampling.repetitionPenalty);
        object.at("presence_penalty").get_to(request.sampling.presencePenalty);
        object.at("frequency_penalty").get_to(request.sampling.frequencyPenalty);
        object.at("seed").get_to(request.sampling.seed);
        object.at("stops").get_to(request.stops);
        object.at("end_tokens").get_to(request.endTokens);
        object.at("tokenizer").get_to(request.tokenizer);
        if (request.prompt.empty() || request.texts < 1 || request.maxTokens < 1) return {};
        return request;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

}  // namespace ringscope
