// The length of a sequence that is split: what the old stack made of it, and what a mode can split.
#pragma once

#include "backend/config/run_config.h"
#include "backend/migration/draft.h"

#include <cstdint>

namespace ringscope {

// Whether the configured mode can split a sequence of this many tokens.
bool sequenceFits(const RunConfig& config, std::int64_t tokens);

// The tokens that 360-LLaMA-Factory trains on if cutoff_len is `tokens`: it rounds a rank's share
// up to a multiple of 8, without a message.
//
//     20000 on 8 ranks: 2500 each -> 2504 each, 20032
std::int64_t roundedBy360(std::int64_t tokens, std::int64_t ranks);

// Must be called after mode and ranks are set.
void settleSequenceLength(Draft& draft);

}  // namespace ringscope
