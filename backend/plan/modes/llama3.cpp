// llama3: keys and values are all-gathered some heads at a time, the next ones while one group is
// computed, and their gradients are reduce-scattered the same way. Shards are contiguous, so that a
// packed document lies on few ranks; one long document leaves the ranks as unbalanced as a ring.
#include "backend/plan/modes/gather_passes.h"
#include "backend/plan/modes/head_split.h"
#include "backend/plan/modes/modes.h"

namespace ringscope {
Result<Schedule> llama3Schedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    return gatherPasses(shape, std::move(layout), mostHeadGroups);
}

}  // namespace ringscope
