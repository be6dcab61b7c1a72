// parallel.mode auto: which mode a run gets.
//
// Pairs grow with the square of the length and bytes with the length, so of the modes whose slowest
// rank computes about as few pairs as any, the one that sends the fewest bytes is taken. Both come
// from the modes' schedules for these heads, ranks, masks and patterns.
#pragma once

#include "backend/plan/run_plan.h"

#include <cstdint>

namespace ringscope {

// Pairs that the slowest rank computes in the forward pass, over all attention layers.
double slowestPairs(const RunPlan& plan);

// As planRanks(), for the mode that is chosen: the plan's configuration names it, and the first of
// its notes says why. Fails where no mode can run the configuration, with the reason of the first.
Result<RunPlan> planBestMode(const RunConfig& config, std::int64_t most);

}  // namespace ringscope
