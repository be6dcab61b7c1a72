// How a model goes on with a prompt: what is asked of the ranks.
//
//     generationText(request)    the ranks' job, as JSON
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// How the next token is picked. By default the likeliest one.
struct SamplingSettings {
    double temperature = 0;  // 0: the likeliest token, and nothing below but the penalty counts
    std::int64_t topK = 0;   // so many likeliest ones; 0: all
    double topP = 1;         // the likeliest ones that together have this probability
    double minP = 0;         // those with at least this share of the likeliest one's
    double repetitionPenalty = 1;  // above 1, tokens that were there before are less likely
    double presencePenalty = 0;    // taken off the logits of tokens that were made before
    double frequencyPenalty = 0;   // the same, for each time
    std::int64_t seed = 0;
    bool operator==(const SamplingSettings&) const = default;
};

struct GenerationRequest {
    std::vector<std::int64_t> prompt{};
    std::int64_t maxTokens = 128;  // of each text
    int texts = 1;                 // that go on from the prompt
    SamplingSettings sampling{};
    std::vector<std::string> stops{};       // a text ends before the first of these
    std::vector<std::int64_t> endTokens{};  // and with one of these
    std::string tokenizer{};                // its name (tokenizer.h); empty: ids alone
    bool operator==(const GenerationRequest&) const = default;
};

// Why a text ends.
inline constexpr std::string_view endedByToken = "end of text";
inline constexpr std::string_view endedByStop = "stop";
inline constexpr std::string_view endedByLength = "length";

std::string generationText(const GenerationRequest& request);
std::optional<GenerationRequest> generationFromText(std::string_view text);

}  // namespace ringscope
