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

}  // namespace

Result<Schedule> legacySchedule(const AttentionShape& shape) {
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    const std::int64_t shareBytes = shape.batch * (shape.tokens / shape.ranks) * shape.heads *
                                    shape.headDim * shape.elementBytes;
    const std::int64_t otherShares = (shape.ranks - 1) * shareBytes;

    Schedule schedule{.executor = Executor::AllGather,
                      .owned = layout,
                      .replicated = true,
                      .headsPerRank = shape.heads,
                      .kvHeadsPerRank = shape.kvHeads};
    const RankSet everybody{.first = 0, .count = shape.ranks};
    for (const std::vector<TokenSpan>& spans : layout) {
        const std::vector<Block> blocks = shareOfQueries(shape, spans.front());
        const Step forward{.index = 0,
                           .queriesOf = everybody,
                           .keysOf = everybody,
                           .heads = {0, shape.kvHeads},
                           .transfers = {{.kind = TransferKind::AllGather,
                                          .payload = Payload::Output,
                                          .posted = Moment::AfterBlocks,
                                          .neededBy = 1,
                                          .sentBytes = otherShares,
                                          .receivedBytes = otherShares}},
                           .blocks = blocks};
        // Each rank carries the gradient of its own tokens' loss for all outputs; their sum over
        // the ranks is what the share's queries need.
        const Step backward{.index = 0,
                            .queriesOf = everybody,
                            .keysOf = everybody,
                            .heads = {0, shape.kvHeads},
                            .transfers = {{.kind = TransferKind::ReduceScatter,
                                           .payload = Payload::OutputGrad,
                                           .posted = Moment::BeforeBlocks,
                                           .neededBy = 0,
                                           .sentBytes = otherShares,
                                           .receivedBytes = otherShares}},
                            .blocks = blocks};
        schedule.ranks.push_back({{forward}, {backward}});
    }
    return schedule;
}

}  // namespace ringscope
