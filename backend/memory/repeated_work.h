// FLOPs of a step that a run does more than once to keep less.
#pragma once

#include "backend/plan/run_plan.h"

namespace ringscope {

// Of all ranks together, as RunPlan::flopsPerStep counts.
double repeatedFlops(const RunPlan& plan);

}  // namespace ringscope
