// double-ring: rings within a ring, for hosts whose ranks are joined by faster links than the hosts
// are. Keys go round the ranks of a host while those the round started with travel to the next
// host, so a slow link has a whole round's time for one message. Shards are zigzag's.
#include "backend/core/text.h"
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/ring_passes.h"

#include <fmt/format.h>

namespace ringscope {
namespace {

// The largest inner ring that leaves more than one.
int bestInner(int ranks) {
    int best = 1;
    for (int inner = 1; inner < ranks; ++inner)
        if (ranks % inner == 0) best = inner;
    return best;
}

Result<RingShape> ringsOf(const AttentionShape& shape) {
    const int inner = shape.innerRing == 0 ? bestInner(shape.ranks) : shape.innerRing;
    if (shape.ranks % inner == 0) return RingShape{.inner = inner, .outer = shape.ranks / inner};
    std::vector<std::string> legal;
    for (int divisor = 1; divisor <= shape.ranks; ++divisor)
        if (shape.ranks % divisor == 0) legal.push_back(std::to_string(divisor));
    return Error{
        ErrorCode::InvalidConfig,
        fmt::format("double-ring needs parallel.inner_ring to divide the {} ranks of a sequence; "
                    "got {}; legal: {}",
                    shape.ranks, inner, join(legal, ", "))};
}

}  // namespace

Result<Schedule> doubleRingSchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(const RingShape ring, ringsOf(shape));
    RINGSCOPE_TRY(ShardLayout layout,
                  zigzagLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    Schedule schedule = ringPasses(shape, ring, std::move(layout),
                                   zigzagBlocks(shape.causal, shape.tokens / shape.ranks));
    schedule.arrangement = fmt::format("inner rings of {} {}, {} in the outer ring", ring.inner,
                                       ring.inner == 1 ? "rank" : "ranks", ring.outer);
    return schedule;
}

}  // namespace ringscope
