// Which models can go on with a text, and how far.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"

#include <cstdint>

namespace ringscope {

// Fails where a model cannot read `tokens` tokens one after another: those of the prompt, and the
// new ones but the last, which nothing follows.
Result<void> checkGeneration(const RunConfig& config, std::int64_t tokens);

}  // namespace ringscope
