// What this process's rank allocates in a training step, as a recording holds it.
#pragma once

#include "backend/plan/run_plan.h"
#include "backend/trace/rank_trace.h"
#include "kernels/comm/group.h"

#include <cstdint>
#include <vector>

namespace ringscope::test {

// Where documents begin in every batch, and the end; none without data.packing.
std::vector<std::int64_t> madeUpDocuments(const RunConfig& config);

// Of the second step. Batches are made up, with madeUpDocuments(). All ranks of the plan must call
// it.
Result<RankTrace> measuredMemory(const RunPlan& plan, Group& group);

}  // namespace ringscope::test
