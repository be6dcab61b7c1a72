// How a rank's process computes.
#pragma once

#include "backend/config/run_config.h"

namespace ringscope {

// Before anything is computed: as many threads as launch.threads_per_rank, and what they need.
void settleComputeThreads(const LaunchConfig& launch);

}  // namespace ringscope
