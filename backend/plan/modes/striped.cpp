// striped: the ring over shards of every P-th token. Under a causal mask every step of every rank
// is a triangle, so the ranks are balanced but for its diagonal: (n + 1) / (n - 1) for n tokens a
// rank.
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/ring_passes.h"

namespace ringscope {

Result<Schedule> stripedSchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  stripedLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    const TokenSpan shard{0, shape.tokens / shape.ranks};
    const auto blocks = [shard, causal = shape.causal](int rank, int keysOf) -> std::vector<Block> {
        if (!causal) return {{shard, shard, MaskKind::Full}};
        // Row i is token i P + rank: an earlier rank's row i is before it, a later rank's after it.
        if (keysOf <= rank) return {{shard, shard, MaskKind::Causal}};
        if (shard.end == 1) return {};
        return {{{1, shard.end}, {0, shard.end - 1}, MaskKind::Causal}};
    };
    return ringPasses(shape, {.inner = shape.ranks}, std::move(layout), {blocks});
}

}  // namespace ringscope
