// ring-allgather: keys and values of all heads in one all-gather, their gradients in one
// reduce-scatter. Nothing overlaps, but there are two collectives where a ring has many messages.
// Shards are an early and a late chunk, so that ranks are balanced under a causal mask.
#include "backend/plan/modes/gather_passes.h"
#include "backend/plan/modes/modes.h"

namespace ringscope {

Result<Schedule> ringAllgatherSchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  zigzagLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    return gatherPasses(shape, std::move(layout), 1);
}

}  // namespace ringscope
