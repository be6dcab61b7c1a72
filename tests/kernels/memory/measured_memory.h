// What this process's rank allocates in a training step, as a recording holds it.
#pragma once

#include "backend/plan/run_plan.h"
#include "backend/trace/rank_trace.h"
#include "kernels/comm/group.h"

namespace ringscope::test {

// Of the second step. Batches are made up. All ranks of the plan must call it.
Result<RankTrace> measuredMemory(const RunPlan& plan, Group& group);

}  // namespace ringscope::test
