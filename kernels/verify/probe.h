// The probe changes one token of rank 0's shard. Every row of the output that sees it by the mask
// must change, and no other row may.
//
// A mode that attends only within its shards, or to the future, or across documents, may look right
// in a loss. Here its rows do not change, or change when they must not.
#pragma once

#include "backend/plan/schedule.h"
#include "backend/verify/verdict.h"
#include "kernels/verify/case_inputs.h"
#include "kernels/verify/reference.h"

namespace ringscope {

// A token in the first half of what rank 0 holds, so that under a causal mask some of its rows, and
// some of every other rank, lie on either side.
Disturbance probeOf(const AttentionCase& problem, const Schedule& schedule);

// `before` and `after`: (B, S, Hq, D). `weights`: weightsOfKey of the token.
ProbeVerdict judgeProbe(const AttentionCase& problem, const PatternMask& pattern,
                        const Schedule& schedule, const Disturbance& disturbance,
                        const at::Tensor& weights, const at::Tensor& before,
                        const at::Tensor& after);

}  // namespace ringscope
