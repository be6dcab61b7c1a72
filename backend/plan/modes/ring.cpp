// ring: contiguous shards, keys and values go round. Under a causal mask rank 0 is done after one
// step while the last rank computes in all of them, and everybody waits for it.
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/ring_passes.h"

namespace ringscope {

Result<Schedule> ringSchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    const TokenSpan shard{0, shape.tokens / shape.ranks};
    const auto blocks = [&](int rank, int keysOf) -> std::vector<Block> {
        if (!shape.causal || keysOf < rank) return {{shard, shard, MaskKind::Full}};
        if (keysOf == rank) return {{shard, shard, MaskKind::Causal}};
        return {};  // keys of later tokens
    };
    return ringPasses(shape, std::move(layout), blocks);
}

}  // namespace ringscope
