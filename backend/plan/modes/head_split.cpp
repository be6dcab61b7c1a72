#include "backend/plan/modes/head_split.h"

#include "backend/core/text.h"
#include "backend/model/head_division.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// What travels by itself.
struct ExchangedPart {
    Payload payload;
    std::int64_t heads;  // of all ranks
    std::int64_t columns;
};

std::vector<ExchangedPart> partsOf(const AttentionShape& shape, std::int64_t ranks,
                                   Payload payload) {
    const std::int64_t columns = shape.headDim;
    const bool gradients = payload == Payload::QueryKeyValueGrad;
    if (payload != Payload::QueryKeyValue && !gradients) return {{payload, shape.heads, columns}};
    const std::int64_t kvHeads = kvHeadsOver(shape, ranks);
    std::vector<ExchangedPart> parts;
    if (shape.packed)
        parts = {{payload, shape.heads + 2 * kvHeads, columns}};
    else if (gradients)
        parts = {{Payload::QueryGrad, shape.heads, columns},
                 {Payload::KeyGrad, kvHeads, columns},
                 {Payload::ValueGrad, kvHeads, columns}};
    else
        parts = {{Payload::Query, shape.heads, columns},
                 {Payload::Key, kvHeads, columns},
                 {Payload::Value, kvHeads, columns}};
    if (shape.gateColumns > 0)
        parts.push_back(
            {gradients ? Payload::GatesGrad : Payload::Gates, shape.heads, shape.gateColumns});
    return parts;
}

}  // namespace

bool headsFit(const AttentionShape& shape, std::int64_t ranks) {
    return headsDivide(shape.heads, shape.kvHeads, ranks);
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

std::vector<Transfer> exchangeHeads(const AttentionShape& shape, std::int64_t ranks,
                                    const HeadSpan& heads, const Transfer& like) {
    const std::int64_t kvHeadsPerRank = kvHeadsOver(shape, ranks) / ranks;
    std::vector<Transfer> transfers;
    for (const auto& [payload, all, columns] : partsOf(shape, ranks, like.payload)) {
        const std::int64_t perRank = all / ranks * heads.size() / kvHeadsPerRank;
        Transfer transfer = like;
        transfer.kind = TransferKind::AllToAll;
        transfer.payload = payload;
        transfer.sentBytes = shape.batch * (shape.tokens / shape.ranks) * columns *
                             shape.elementBytes * perRank * (ranks - 1);
        transfer.receivedBytes = transfer.sentBytes;
        transfers.push_back(transfer);
    }
    return transfers;
}

std::vector<HeadSpan> headGroups(std::int64_t kvHeads, std::int64_t groups) {
    const std::int64_t count = std::min(kvHeads, groups);
    std::vector<HeadSpan> spans;
    for (std::int64_t group = 0; group < count; ++group)
        spans.push_back({group * kvHeads / count, (group + 1) * kvHeads / count});
    return spans;
}

}  // namespace ringscope
