// zigzag: the ring over shards made of an early and a late chunk, so that under a causal mask every
// rank computes the same number of query-key pairs in every step.
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/ring_passes.h"

namespace ringscope {

Result<Schedule> zigzagSchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  zigzagLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    return ringPasses(shape, {.inner = shape.ranks}, std::move(layout),
                      zigzagBlocks(shape.causal, shape.tokens / shape.ranks));
}

}  // namespace ringscope
