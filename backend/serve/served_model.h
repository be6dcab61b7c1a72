// The model that is served: how its texts are read, and how much there is room for.
#pragma once

#include "backend/core/result.h"
#include "backend/text/chat_template.h"
#include "backend/text/tokenizer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct ServedModel {
    std::string id{};  // as clients name it
    std::string tokenizerName{};
    Tokenizer tokenizer = Tokenizer::ofBytes();
    std::optional<ChatTemplate> chat{};  // nothing: it has none
    std::string whyNoChat{};             // a sentence, where it has none that is understood
    std::vector<std::int64_t> endTokens{};
    std::int64_t vocabulary = 0;  // ids from 0 to below this
    std::int64_t longest = 0;     // tokens of a text, with the prompt
    std::int64_t created = 0;     // seconds since 1970
};

// Reads tokenizer and chat template. `endTokens`: of the model's folder; empty: the tokenizer's.
Result<ServedModel> readServedModel(std::string id, const std::string& tokenizer,
                                    std::vector<std::int64_t> endTokens);

}  // namespace ringscope
