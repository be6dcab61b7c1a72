// Cuts the blocks of a mode's schedule to the pairs that a mask grants. A mode knows no mask but
// causal or not.
//
//   window of 2, ring, 3 ranks x 4 tokens        documents of 6 and 6 tokens, rank 1
//     rank 0  keys of 0: causal, then a band       keys of 1  rows 0-1 causal, rows 2-3 causal
//     rank 2  keys of 2: causal, then a band       keys of 0  rows 0-1 x all keys
//             keys of 1: a corner of 2 rows
//             keys of 0: nothing
//
// Full blocks and square causal ones, which the platform's kernels compute, are cut out where they
// have enough rows. The rest becomes blocks by position. Blocks without a pair are removed.
#pragma once

#include "backend/plan/schedule.h"

#include <memory>
#include <vector>

namespace ringscope {

struct PatternCut;

// The schedule with its blocks cut to `mask`, and to `pattern` where there is one; keys go only to
// places that need them: whole shards or, where the schedule has it so, the rows that are seen
// there, those that may be chosen among them. `mask.causal` must be what the schedule was made
// with.
Schedule masked(Schedule schedule, const AttentionMask& mask,
                std::shared_ptr<const AttentionPattern> pattern = nullptr);

// One rank's steps under a mask that changes from batch to batch. Their transfers are those of
// `schedule`, which is the mode's own or masked with a mask that grants at least as much.
RankSchedule maskedSteps(const Schedule& schedule, int rank, const AttentionMask& mask);

// Of rows that meet, the blocks that `mask` and `pattern` (null: none) leave. Their heads count in
// meeting.heads, which need not be told without a pattern.
std::vector<Block> blocksBetween(const PatternCut& meeting, const AttentionMask& mask,
                                 const AttentionPattern* pattern);

}  // namespace ringscope
