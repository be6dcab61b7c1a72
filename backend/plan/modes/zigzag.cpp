// zigzag: the ring over shards made of an early and a late chunk, so that under a causal mask every
// rank computes the same number of query-key pairs in every step.
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/ring_passes.h"

namespace ringscope {

Result<Schedule> zigzagSchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  zigzagLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    const std::int64_t size = shape.tokens / shape.ranks;
    const TokenSpan shard{0, size};
    const TokenSpan early{0, size / 2};
    const TokenSpan late{size / 2, size};
    const auto blocks = [&](int rank, int keysOf) -> std::vector<Block> {
        if (!shape.causal) return {{shard, shard, MaskKind::Full}};
        // Rows ascend by token, so one causal triangle over both own chunks is exact.
        if (keysOf == rank) return {{shard, shard, MaskKind::Causal}};
        // An earlier rank's late chunk is later than all our queries, its early chunk before them.
        if (keysOf < rank) return {{shard, early, MaskKind::Full}};
        // A later rank's chunks both lie between our early and our late chunk.
        return {{late, shard, MaskKind::Full}};
    };
    return ringPasses(shape, std::move(layout), blocks);
}

}  // namespace ringscope
