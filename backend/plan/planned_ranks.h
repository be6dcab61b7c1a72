// Plans of more ranks than a run may have: of machines that are not here.
#pragma once

#include "backend/plan/run_plan.h"

#include <cstdint>

namespace ringscope {

// As planRun(), for up to `most` ranks.
Result<RunPlan> planRanks(const RunConfig& config, std::int64_t most);

inline constexpr std::int64_t mostPlannedRanks = 1 << 17;

}  // namespace ringscope
