// How long a sequence is once it has to be split: what the old stack made of it, and what fits.
#pragma once

#include "backend/config/run_config.h"
#include "backend/migration/draft.h"

#include <cstdint>

namespace ringscope {

// Whether the mode can split a sequence of this many tokens; nothing else about the run counts.
bool sequenceFits(const RunConfig& config, std::int64_t tokens);

// What 360-LLaMA-Factory trains on where cutoff_len says `tokens`: without a word it rounds a
// rank's share up to a multiple of 8, and one that is no whole number as well.
//
//     20000 on 8 ranks: 2500 each -> 2504 each, 20032
std::int64_t roundedBy360(std::int64_t tokens, std::int64_t ranks);

// Mode and ranks are settled.
void settleSequenceLength(Draft& draft);

}  // namespace ringscope
