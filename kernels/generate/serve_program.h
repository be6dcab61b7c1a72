// What ringscope-rank --generate does where its job is to serve: it computes for `ringscope serve`,
// which speaks to clients.
//
//   a thread      reads what the front asks for
//   this thread   joins texts to the batch, computes, and tells what the texts became
//
// Where ranks share the cache, the others do what rank 0 does. It ends when the front closes the
// stream.
#pragma once

#include "backend/core/result.h"
#include "backend/generate/serving.h"
#include "backend/plan/run_plan.h"
#include "kernels/rank/rank_link.h"

namespace ringscope {

Result<void> serveTexts(const RankArguments& arguments, RankInput& input, const EventWriter& events,
                        const RunPlan& plan, const ServingJob& job);

}  // namespace ringscope
