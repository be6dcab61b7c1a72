// needed-blocks: contiguous shards, and each rank gets of each other one the rows of keys that its
// queries see, straight from there, and nothing else. It sends the gradients of these rows back.
//
//   near blocks, 4 ranks      rank 2 gets the last blocks of rank 1's keys
//   first tokens              everybody gets the first blocks of rank 0's
//
// Who sees what is known when planning: mask and pattern say it. Of keys that tokens choose by
// content, all that may be chosen are sent.
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/ring_passes.h"

namespace ringscope {

Result<Schedule> neededBlocksSchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    Schedule schedule = ringPasses(shape, {.inner = shape.ranks}, std::move(layout),
                                   contiguousBlocks(shape.causal, shape.tokens / shape.ranks));
    schedule.seenRows = true;
    return schedule;
}

}  // namespace ringscope
