// ring: contiguous shards, keys and values go round. Under a causal mask rank 0 is done after one
// step while the last rank computes in all of them, and everybody waits for it.
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/ring_passes.h"

namespace ringscope {

Result<Schedule> ringSchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    return ringPasses(shape, {.inner = shape.ranks}, std::move(layout),
                      contiguousBlocks(shape.causal, shape.tokens / shape.ranks));
}

}  // namespace ringscope
