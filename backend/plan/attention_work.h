// What attention computes.
#pragma once

#include "backend/plan/run_plan.h"

namespace ringscope {

// FLOPs of the forward pass of all layers for one batch, 2 for each multiply-add, of the pairs that
// are seen.
double attentionFlops(const RunPlan& plan);

}  // namespace ringscope
