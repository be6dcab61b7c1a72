#include "backend/plan/modes/ring_passes.h"

#include <utility>

namespace ringscope {
namespace {

struct Ring {
    int ranks = 1;
    int rank = 0;
    std::int64_t keyValueBytes = 0;
    std::int64_t gradientBytes = 0;

    int next() const { return (rank + 1) % ranks; }
    int previous() const { return (rank + ranks - 1) % ranks; }
    int keysOf(int step) const { return ((rank - step) % ranks + ranks) % ranks; }

    Transfer send(Payload payload, Moment moment, int neededBy) const {
        const std::int64_t bytes = payload == Payload::KeyValue ? keyValueBytes : gradientBytes;
        return {.kind = TransferKind::Send,
                .payload = payload,
                .posted = moment,
                .peer = next(),
                .neededBy = neededBy,
                .sentBytes = bytes};
    }
    Transfer receive(Payload payload, int neededBy) const {
        const std::int64_t bytes = payload == Payload::KeyValue ? keyValueBytes : gradientBytes;
        return {.kind = TransferKind::Receive,
                .payload = payload,
                .peer = previous(),
                .neededBy = neededBy,
                .receivedBytes = bytes};
    }
};

// A stop of the keys' journey: common to both passes.
Step stop(const Ring& ring, int index, const RingBlocks& blocks) {
    Step step{.index = index, .keysOf = ring.keysOf(index)};
    if (index + 1 < ring.ranks) {
        step.transfers.push_back(ring.send(Payload::KeyValue, Moment::BeforeBlocks, index + 1));
        step.transfers.push_back(ring.receive(Payload::KeyValue, index + 1));
    }
    step.blocks = blocks(ring.rank, step.keysOf);
    return step;
}

std::vector<Step> forwardPass(const Ring& ring, const RingBlocks& blocks) {
    std::vector<Step> steps;
    for (int index = 0; index < ring.ranks; ++index) steps.push_back(stop(ring, index, blocks));
    return steps;
}

std::vector<Step> backwardPass(const Ring& ring, const RingBlocks& blocks) {
    std::vector<Step> steps = forwardPass(ring, blocks);
    if (ring.ranks == 1) return steps;
    for (Step& step : steps) {
        if (step.index > 0)
            step.transfers.push_back(ring.receive(Payload::KeyValueGrad, step.index));
        step.transfers.push_back(
            ring.send(Payload::KeyValueGrad, Moment::AfterBlocks, step.index + 1));
    }
    Step home{.index = ring.ranks, .keysOf = ring.rank};
    home.transfers.push_back(ring.receive(Payload::KeyValueGrad, home.index));
    steps.push_back(std::move(home));
    return steps;
}

}  // namespace

Schedule ringPasses(const AttentionShape& shape, ShardLayout layout, const RingBlocks& blocks) {
    const std::int64_t scalars =
        2 * shape.batch * (shape.tokens / shape.ranks) * shape.kvHeads * shape.headDim;
    Schedule schedule{.executor = Executor::Ring,
                      .owned = std::move(layout),
                      .headsPerRank = shape.heads,
                      .kvHeadsPerRank = shape.kvHeads};
    for (int rank = 0; rank < shape.ranks; ++rank) {
        const Ring ring{.ranks = shape.ranks,
                        .rank = rank,
                        .keyValueBytes = scalars * shape.elementBytes,
                        .gradientBytes = scalars * shape.gradientAccumulatorBytes};
        schedule.ranks.push_back({forwardPass(ring, blocks), backwardPass(ring, blocks)});
    }
    return schedule;
}

}  // namespace ringscope
