// usp: groups of ranks split heads, as in ulysses, and each group is one place of a zigzag ring.
// The all-to-all stays among neighbours, or in the other order the ring does: whichever is on the
// faster links. More ranks than heads go, and a place's ranks hold more tokens, so messages are
// larger.
//
//   4 ranks, groups of 2, 16 tokens     inner   r0 0–3   r1 12–15   r2 4–7   r3 8–11
#include "backend/core/text.h"
#include "backend/plan/modes/head_split.h"
#include "backend/plan/modes/modes.h"
#include "backend/plan/modes/ring_passes.h"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>

namespace ringscope {
namespace {

std::vector<std::int64_t> divisorsOf(std::int64_t number) {
    std::vector<std::int64_t> divisors;
    for (std::int64_t divisor = 1; divisor <= number; ++divisor)
        if (number % divisor == 0) divisors.push_back(divisor);
    return divisors;
}

// The largest group that leaves a ring; all ranks where no smaller group but one rank is left.
std::int64_t bestGroup(const AttentionShape& shape) {
    std::int64_t best = 1;
    for (const std::int64_t ranks : divisorsOf(shape.ranks))
        if (headsFit(shape, ranks) && (ranks < shape.ranks || best == 1)) best = ranks;
    return best;
}

Result<RingShape> uspRing(const AttentionShape& shape) {
    const std::int64_t ranks = shape.ulysses == 0 ? bestGroup(shape) : shape.ulysses;
    const std::vector<std::int64_t> divisors = divisorsOf(shape.ranks);
    if (shape.ranks % ranks != 0) {
        std::vector<std::string> legal;
        for (const std::int64_t divisor : divisors)
            if (headsFit(shape, divisor)) legal.push_back(std::to_string(divisor));
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("usp needs parallel.ulysses to divide the {} ranks of a sequence; "
                                 "got {}; legal: {}",
                                 shape.ranks, ranks, join(legal, ", "))};
    }
    if (!headsFit(shape, ranks)) return headsDoNotFit("usp", shape, ranks, divisors);
    return RingShape{.inner = static_cast<int>(shape.ranks / ranks),
                     .ranksPerPlace = static_cast<int>(ranks),
                     .placesNeighbour = shape.ulyssesInner};
}

// Rows [begin, end) of `spans`.
std::vector<TokenSpan> rowsOf(const std::vector<TokenSpan>& spans, std::int64_t begin,
                              std::int64_t end) {
    std::vector<TokenSpan> rows;
    std::int64_t row = 0;
    for (const TokenSpan& span : spans) {
        const std::int64_t from = std::max(begin, row);
        const std::int64_t to = std::min(end, row + span.size());
        if (from < to) rows.push_back({span.begin + from - row, span.begin + to - row});
        row += span.size();
    }
    return rows;
}

std::int64_t partsOf(const RingShape& ring) {
    const std::int64_t group = ring.ranksPerPlace;
    return ring.places() == 1 ? group : ring.places() * std::lcm<std::int64_t>(2, group);
}

// Each place's early and late chunk, cut into equal parts for its ranks.
Result<ShardLayout> layoutOf(const AttentionShape& shape, const RingShape& ring) {
    RINGSCOPE_CHECK(checkParts("usp", "parts", partsOf(ring), shape.tokens));
    const SequenceShape whole{.worldSize = ring.places(), .tokens = shape.tokens};
    RINGSCOPE_TRY(ShardLayout places,
                  ring.places() == 1 ? contiguousLayout(whole) : zigzagLayout(whole));
    const std::int64_t size = shape.tokens / shape.ranks;
    return ShardLayout(shape.ranks, [ring, size, places = std::move(places)](int rank) {
        const std::int64_t first = ring.memberOf(rank) * size;
        return rowsOf(places.spansOf(ring.placeOf(rank)), first, first + size);
    });
}

void exchangeAround(std::vector<Step>& pass, const AttentionShape& shape, const RankSet& among,
                    std::int64_t ranks, Payload before, Payload after) {
    const HeadSpan heads = pass.front().heads;
    const std::vector<Transfer> there =
        exchangeHeads(shape, ranks, heads, {.payload = before, .among = among});
    const std::vector<Transfer> back = exchangeHeads(shape, ranks, heads,
                                                     {.payload = after,
                                                      .posted = PostTime::AfterBlocks,
                                                      .among = among,
                                                      .neededBy = static_cast<int>(pass.size())});
    std::vector<Transfer>& first = pass.front().transfers;
    first.insert(first.begin(), there.begin(), there.end());
    std::vector<Transfer>& last = pass.back().transfers;
    last.insert(last.end(), back.begin(), back.end());
}

}  // namespace

std::int64_t uspParts(const AttentionShape& shape) {
    const Result<RingShape> ring = uspRing(shape);
    return ring.ok() ? partsOf(*ring) : shape.ranks;
}

Result<Schedule> uspSchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(const RingShape ring, uspRing(shape));
    RINGSCOPE_TRY(ShardLayout layout, layoutOf(shape, ring));
    Schedule schedule = ringPasses(shape, ring, std::move(layout),
                                   zigzagBlocks(shape.causal, shape.tokens / ring.places()));
    schedule.arrangement =
        fmt::format("groups of {} ranks split heads, {} in a ring, neighbours in a {}",
                    ring.ranksPerPlace, ring.places(), ring.placesNeighbour ? "group" : "ring");
    if (ring.ranksPerPlace == 1) return schedule;

    schedule.executor = Executor::AllToAll;
    schedule.makeSteps = [shape, ring, around = std::move(schedule.makeSteps)](
                             const Schedule& whole, int rank) {
        RankSchedule passes = around(whole, rank);
        const RankSet among = ring.places() == 1 ? RankSet{} : ring.ranksAt(ring.placeOf(rank));
        exchangeAround(passes.forward, shape, among, ring.ranksPerPlace, Payload::QueryKeyValue,
                       Payload::Output);
        exchangeAround(passes.backward, shape, among, ring.ranksPerPlace, Payload::OutputGrad,
                       Payload::QueryKeyValueGrad);
        return passes;
    };
    return schedule;
}

}  // namespace ringscope
