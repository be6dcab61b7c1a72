// What a tokenizer puts around the tokens of a text: [CLS] … [SEP], <s> ….
#pragma once

#include "backend/core/result.h"
#include "backend/text/vocabulary.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace ringscope {

struct TokensAround {
    std::vector<TokenId> before{};
    std::vector<TokenId> after{};
};

// Reads a "post_processor". Fails with what in it is not understood, and where the text does not
// stand in the template exactly once.
Result<TokensAround> readPostProcessor(const nlohmann::json& json, const std::string& path);

}  // namespace ringscope
