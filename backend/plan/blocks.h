// Cuts the blocks of a mode's schedule to the pairs that a mask leaves, so that a mask is no
// concern of a mode.
//
//   window of 2, ring, 3 ranks x 4 tokens        documents of 6 and 6 tokens, rank 1
//     rank 0  keys of 0: causal, then a band       keys of 1  rows 0-1 causal, rows 2-3 causal
//     rank 2  keys of 2: causal, then a band       keys of 0  rows 0-1 x all keys
//             keys of 1: a corner of 2 rows
//             keys of 0: nothing
//
// What the kernels of the platform can do (a full block, a square causal one) is cut out where it
// has enough rows; the rest goes to the kernel that knows positions. Blocks without a pair go.
#pragma once

#include "backend/plan/schedule.h"

#include <vector>

namespace ringscope {

// The same steps; every block knows its tokens, and keys go only where they are needed.
// `mask.causal` is what the schedule was made with.
Schedule masked(Schedule schedule, const AttentionMask& mask);

// One rank's steps under a mask that changes from batch to batch, with the transfers of `schedule`,
// which is the mode's own, or one masked with less.
RankSchedule maskedSteps(const Schedule& schedule, int rank, const AttentionMask& mask);

}  // namespace ringscope
