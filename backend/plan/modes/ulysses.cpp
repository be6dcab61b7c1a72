// ulysses: an all-to-all turns shards of the sequence with all heads into the whole sequence with a
// share of the heads, attention runs locally, and a second all-to-all turns its output back.
#include "backend/plan/modes/modes.h"

#include "backend/core/text.h"

#include <algorithm>
#include <string>

namespace ringscope {
namespace {

// Fewer key/value heads than ranks are repeated, as often for each rank.
bool kvHeadsFit(const AttentionShape& shape, std::int64_t ranks) {
    return shape.kvHeads % ranks == 0 || ranks % shape.kvHeads == 0;
}

bool fits(const AttentionShape& shape, std::int64_t ranks) {
    return shape.heads % ranks == 0 && kvHeadsFit(shape, ranks);
}

Result<void> checkHeads(const AttentionShape& shape) {
    if (fits(shape, shape.ranks)) return {};
    std::vector<std::string> legal;
    for (std::int64_t ranks = 1; ranks <= shape.heads; ++ranks)
        if (fits(shape, ranks)) legal.push_back(std::to_string(ranks));
    const std::string ranks = std::to_string(shape.ranks) + " ranks; legal: " + join(legal, ", ");
    if (shape.heads % shape.ranks != 0)
        return Error{ErrorCode::InvalidConfig,
                     "ulysses needs heads divisible by ranks: " + std::to_string(shape.heads) +
                         " heads, " + ranks};
    return Error{ErrorCode::InvalidConfig,
                 "ulysses needs key/value heads that divide into ranks or ranks into them: " +
                     std::to_string(shape.kvHeads) + " key/value heads, " + ranks};
}

}  // namespace

Result<Schedule> ulyssesSchedule(const AttentionShape& shape) {
    RINGSCOPE_CHECK(checkHeads(shape));
    RINGSCOPE_TRY(ShardLayout layout,
                  contiguousLayout({.worldSize = shape.ranks, .tokens = shape.tokens}));
    const std::int64_t kvHeads = std::max<std::int64_t>(shape.kvHeads, shape.ranks);
    // What one rank keeps or gives each other rank, per head of the tensor.
    const std::int64_t rowBytes =
        shape.batch * (shape.tokens / shape.ranks) * shape.headDim * shape.elementBytes;
    const auto exchange = [&](Payload payload, std::int64_t heads, Moment moment, int neededBy) {
        const std::int64_t bytes = (shape.ranks - 1) * rowBytes * heads / shape.ranks;
        return Transfer{.kind = TransferKind::AllToAll,
                        .payload = payload,
                        .posted = moment,
                        .neededBy = neededBy,
                        .sentBytes = bytes,
                        .receivedBytes = bytes};
    };

    const TokenSpan all{0, shape.tokens};
    const std::vector<Block> blocks = {
        {all, all, shape.causal ? MaskKind::Causal : MaskKind::Full}};
    const std::int64_t inputHeads = shape.heads + 2 * kvHeads;
    const Step forward{
        .index = 0,
        .transfers = {exchange(Payload::QueryKeyValue, inputHeads, Moment::BeforeBlocks, 0),
                      exchange(Payload::Output, shape.heads, Moment::AfterBlocks, 1)},
        .blocks = blocks};
    const Step backward{
        .index = 0,
        .transfers = {exchange(Payload::OutputGrad, shape.heads, Moment::BeforeBlocks, 0),
                      exchange(Payload::QueryKeyValueGrad, inputHeads, Moment::AfterBlocks, 1)},
        .blocks = blocks};

    Schedule schedule{.executor = Executor::AllToAll,
                      .owned = std::move(layout),
                      .headsPerRank = shape.heads / shape.ranks,
                      .kvHeadsPerRank = kvHeads / shape.ranks};
    schedule.ranks.assign(static_cast<std::size_t>(shape.ranks), {{forward}, {backward}});
    return schedule;
}

}  // namespace ringscope
