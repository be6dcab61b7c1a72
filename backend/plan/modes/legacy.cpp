// legacy: what people migrate away from. Every rank holds the whole sequence's activations and
// projects all of Q, K and V, attends for its share of the queries, and all-gathers the outputs;
// everything blocks. Memory does not fall with more ranks, and all work but attention is repeated.
#include "backend/plan/modes/modes.h"

#include <string>

namespace ringscope {
namespace {

std::vector<Block> shareOfQueries(const AttentionShape& shape, TokenSpan share) {
    if (!shape.causal) return {{share, {0, shape.tokens}, MaskKind::Full}};
    std::vector<Block> blocks;
    if (share.begin > 0) blocks.push_back({share, {0, share.begin}, MaskKind::Full});
    blocks.push_back({share, share, MaskKind::Causal});
    return blocks;
}

RankSchedule passesOf(const AttentionShape& shape, TokenSpan share) {
    const std::int64_t shareBytes =
        shape.batch * share.size() * shape.heads * shape.headDim * shape.elementBytes;
    const std::int64_t otherShares = (shape.ranks - 1) * shareBytes;
    const RankSet everybody{.first = 0, .count = shape.ranks};
    const std::vector<Block> blocks = shareOfQueries(shape, share);
    const Step forward{.index = 0,
                       .queriesOf = everybody,
                       .keysOf = everybody,
                       .heads = {0, shape.kvHeads},
                       .transfers = {{.kind = TransferKind::AllGather,
                                      .payload = Payload::Output,
                                      .posted = PostTime::AfterBlocks,
                                      .neededBy = 1,
                                      .sentBytes = otherShares,
                                      .receivedBytes = otherShares}},
                       .blocks = blocks};
    // Each rank carries the gradient of its own tokens' loss for all outputs; their sum over the
    // ranks is what the share's queries need.
    const Step backward{.index = 0,
                        .queriesOf = everybody,
                        .keysOf = everybody,
                        .heads = {0, shape.kvHeads},
                        .transfers = {{.kind = TransferKind::ReduceScatter,
                                       .payload = Payload::OutputGrad,
                                       .posted = PostTime::BeforeBlocks,
                                       .neededBy = 0,
                                       .sentBytes = otherShares,
                                       .receivedBytes = otherShares}},
                        .blocks = blocks};
    return {{forward}, {backward}};
}

}  // namespace

Result<Schedule> legacySchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    return Schedule{.executor = Executor::AllGather,
                    .ranks = shape.ranks,
                    .owned = std::move(layout),
                    .replicated = true,
                    .headsPerRank = shape.heads,
                    .kvHeadsPerRank = shape.kvHeads,
                    .makeSteps = [shape](const Schedule& schedule, int rank) {
                        return passesOf(shape, schedule.owned.spansOf(rank).front());
                    }};
}

}  // namespace ringscope
