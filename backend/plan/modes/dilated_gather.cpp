// dilated-gather: LongNet's own distributed algorithm, to compare dilated-ring with. The ranks that
// share a segment all-gather the branch's packed keys, and reduce-scatter their gradients. These
// are the bytes of a ring that goes all the way round, in one message; every rank holds all packed
// keys of a segment.
//
// Without a dilated pattern there is one branch of all keys: one all-gather over contiguous shards.
#include "backend/plan/modes/gather_passes.h"
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/packed_branches.h"

#include <utility>

namespace ringscope {

Result<Schedule> dilatedGatherSchedule(const AttentionShape& shape) {
    if (shape.pattern != nullptr)
        return packedBranches("dilated-gather", shape, dilatedGatherSchedule);
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    return gatherPasses(shape, std::move(layout), 1);
}

}  // namespace ringscope
