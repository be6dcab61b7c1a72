// The tokens that end a text, as a model's folder tells them.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ringscope {

// eos_token_id of generation_config.json, else of config.json: one id or a list of them. Empty
// where neither has it. Fails where it is anything else.
Result<std::vector<std::int64_t>> endTokensOf(const std::filesystem::path& folder);

}  // namespace ringscope
