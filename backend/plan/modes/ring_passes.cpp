#include "backend/plan/modes/ring_passes.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

int around(int index, int size) { return ((index % size) + size) % size; }

// One rank's way of seeing the ring.
struct Stop {
    RingShape ring;
    int rank = 0;
    HeadSpan heads{};
    std::int64_t keyValueBytes = 0;
    std::int64_t gradientBytes = 0;

    int place() const { return ring.placeOf(rank); }

    // The place so many inner rings, and so many places within one, further on.
    int ahead(int rings, int places) const {
        const int outer = around(place() / ring.inner + rings, ring.outer);
        return outer * ring.inner + around(place() % ring.inner + places, ring.inner);
    }
    // The rank at that place with the same heads.
    int peer(int rings, int places) const {
        return ring.ranksAt(ahead(rings, places)).at(ring.memberOf(rank));
    }
    int keysOf(int step) const { return ahead(-(step / ring.inner), -(step % ring.inner)); }

    Transfer message(TransferKind kind, Payload payload, int peer, int neededBy) const {
        const std::int64_t bytes = payload == Payload::KeyValue ? keyValueBytes : gradientBytes;
        const bool sends = kind == TransferKind::Send;
        return {.kind = kind,
                .payload = payload,
                .posted = sends && payload == Payload::KeyValueGrad ? Moment::AfterBlocks
                                                                    : Moment::BeforeBlocks,
                .peer = peer,
                .neededBy = neededBy,
                .sentBytes = sends ? bytes : 0,
                .receivedBytes = sends ? 0 : bytes};
    }

    // Keys on to the next place of the ring, or of the next ring: they travel in a group of their
    // own, so that the short hops do not queue behind the long one.
    void passKeysOn(Step& step) const {
        if (step.index % ring.inner + 1 < ring.inner) {
            const int next = step.index + 1;
            step.transfers.push_back(
                message(TransferKind::Send, Payload::KeyValue, peer(0, 1), next));
            step.transfers.push_back(
                message(TransferKind::Receive, Payload::KeyValue, peer(0, -1), next));
        }
        const int nextRound = step.index + ring.inner;
        if (step.index % ring.inner != 0 || nextRound >= ring.places()) return;
        const RankSet outer{.first = rank % ring.inner, .count = ring.outer, .stride = ring.inner};
        for (Transfer transfer :
             {message(TransferKind::Send, Payload::KeyValue, peer(1, 0), nextRound),
              message(TransferKind::Receive, Payload::KeyValue, peer(-1, 0), nextRound)}) {
            if (ring.inner > 1) transfer.among = outer;
            step.transfers.push_back(transfer);
        }
    }

    // Gradients follow the keys they belong to: within a round a place on, then to the next ring.
    void passGradientsOn(Step& step) const {
        const bool endsRound = (step.index + 1) % ring.inner == 0;
        const bool startsRound = step.index % ring.inner == 0;
        if (step.index > 0)
            step.transfers.push_back(message(TransferKind::Receive, Payload::KeyValueGrad,
                                             peer(startsRound ? -1 : 0, -1), step.index));
        if (step.index < ring.places())
            step.transfers.push_back(message(TransferKind::Send, Payload::KeyValueGrad,
                                             peer(endsRound ? 1 : 0, 1), step.index + 1));
    }

    Step stepOf(int index, int keysPlace) const {
        return {.index = index,
                .queriesOf = ring.ranksAt(place()),
                .keysOf = ring.ranksAt(keysPlace),
                .heads = heads};
    }
};

std::vector<Step> forwardPass(const Stop& stop, const RingBlocks& blocks) {
    std::vector<Step> steps;
    steps.reserve(static_cast<std::size_t>(stop.ring.places()));
    for (int index = 0; index < stop.ring.places(); ++index) {
        const int keysOf = stop.keysOf(index);
        Step step = stop.stepOf(index, keysOf);
        stop.passKeysOn(step);
        step.blocks = blocks(stop.place(), keysOf);
        steps.push_back(std::move(step));
    }
    return steps;
}

std::vector<Step> backwardPass(const Stop& stop, const std::vector<Step>& forward) {
    if (stop.ring.places() == 1) return forward;
    std::vector<Step> steps;
    steps.reserve(forward.size() + 1);
    steps = forward;
    steps.push_back(stop.stepOf(stop.ring.places(), stop.place()));
    for (Step& step : steps) stop.passGradientsOn(step);
    return steps;
}

}  // namespace

RingBlocks contiguousBlocks(bool causal, std::int64_t rows) {
    const TokenSpan all{0, rows};
    return [causal, all](int place, int keysOf) -> std::vector<Block> {
        if (!causal || keysOf < place) return {{all, all, MaskKind::Full}};
        if (keysOf == place) return {{all, all, MaskKind::Causal}};
        return {};  // keys of later tokens
    };
}

RingBlocks zigzagBlocks(bool causal, std::int64_t rows) {
    const TokenSpan all{0, rows};
    const TokenSpan early{0, rows / 2};
    const TokenSpan late{rows / 2, rows};
    return [=](int place, int keysOf) -> std::vector<Block> {
        if (!causal) return {{all, all, MaskKind::Full}};
        // Rows ascend by token, so one causal triangle over both own chunks is exact.
        if (keysOf == place) return {{all, all, MaskKind::Causal}};
        // An earlier place's late chunk is later than all our queries, its early chunk before them.
        if (keysOf < place) return {{all, early, MaskKind::Full}};
        // A later place's chunks both lie between our early and our late chunk.
        return {{late, all, MaskKind::Full}};
    };
}

Schedule ringPasses(const AttentionShape& shape, const RingShape& ring, ShardLayout layout,
                    const RingBlocks& blocks) {
    const std::int64_t kvHeads =
        std::max<std::int64_t>(shape.kvHeads, ring.ranksPerPlace) / ring.ranksPerPlace;
    const std::int64_t scalars =
        2 * shape.batch * (shape.tokens / ring.places()) * kvHeads * shape.headDim;
    return Schedule{.executor = Executor::Ring,
                    .ranks = shape.ranks,
                    .owned = std::move(layout),
                    .headsPerRank = shape.heads / ring.ranksPerPlace,
                    .kvHeadsPerRank = kvHeads,
                    .mode = [=, elementBytes = shape.elementBytes,
                             gradientBytes = shape.gradientAccumulatorBytes](
                                const Schedule&, int rank) -> RankSchedule {
                        const Stop stop{.ring = ring,
                                        .rank = rank,
                                        .heads = {0, kvHeads},
                                        .keyValueBytes = scalars * elementBytes,
                                        .gradientBytes = scalars * gradientBytes};
                        std::vector<Step> forward = forwardPass(stop, blocks);
                        std::vector<Step> backward = backwardPass(stop, forward);
                        return {std::move(forward), std::move(backward)};
                    }};
}

}  // namespace ringscope
