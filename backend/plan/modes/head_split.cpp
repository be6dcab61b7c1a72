#include "backend/plan/modes/head_split.h"

#include "backend/core/text.h"

#include <algorithm>

namespace ringscope {

bool headsFit(const AttentionShape& shape, std::int64_t ranks) {
    return shape.heads % ranks == 0 && (shape.kvHeads % ranks == 0 || ranks % shape.kvHeads == 0);
}

std::int64_t kvHeadsOver(const AttentionShape& shape, std::int64_t ranks) {
    return std::max(shape.kvHeads, ranks);
}

Error headsDoNotFit(const std::string& mode, const AttentionShape& shape, std::int64_t ranks,
                    const std::vector<std::int64_t>& candidates) {
    std::vector<std::string> legal;
    for (const std::int64_t candidate : candidates)
        if (headsFit(shape, candidate)) legal.push_back(std::to_string(candidate));
    const std::string end = std::to_string(ranks) + " ranks; legal: " + join(legal, ", ");
    if (shape.heads % ranks != 0)
        return {ErrorCode::InvalidConfig, mode + " needs heads divisible by ranks: " +
                                              std::to_string(shape.heads) + " heads, " + end};
    return {ErrorCode::InvalidConfig,
            mode + " needs key/value heads that divide into ranks or ranks into them: " +
                std::to_string(shape.kvHeads) + " key/value heads, " + end};
}

Transfer exchangeHeads(const AttentionShape& shape, std::int64_t ranks, const RankSet& among,
                       Payload payload, Moment posted, int neededBy) {
    const bool inputs = payload == Payload::QueryKeyValue || payload == Payload::QueryKeyValueGrad;
    const std::int64_t heads = shape.heads + (inputs ? 2 * kvHeadsOver(shape, ranks) : 0);
    const std::int64_t bytes = shape.batch * (shape.tokens / shape.ranks) * shape.headDim *
                               shape.elementBytes * heads / ranks * (ranks - 1);
    return {.kind = TransferKind::AllToAll,
            .payload = payload,
            .posted = posted,
            .among = among,
            .neededBy = neededBy,
            .sentBytes = bytes,
            .receivedBytes = bytes};
}

}  // namespace ringscope
