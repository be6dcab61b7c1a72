// What of a plan depends on a batch: where its documents begin.
#pragma once

#include "backend/plan/run_plan.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// `documents`: of the sequence, as AttentionMask has them, without padding; none: it is one.
//
// The schedule of a kind of layer, over the batch's own layout under parallel.layout documents, and
// the mask that its blocks are cut to.
Schedule scheduleOfBatch(const RunPlan& plan, const AttentionPart& part,
                         const std::vector<std::int64_t>& documents);
AttentionMask maskOfBatch(const RunPlan& plan, const AttentionPart& part,
                          std::vector<std::int64_t> documents);

// The plan of a step all of whose sequences have these documents. What ranks send stays as it was.
RunPlan withDocuments(RunPlan plan, const std::vector<std::int64_t>& documents);

}  // namespace ringscope
