#include "backend/plan/patterns/pattern.h"

#include "backend/plan/key_choices.h"

#include <numeric>
#include <stdexcept>

namespace ringscope {
namespace {

// Pairs of rows that meet. Each of `queries` sees what the mask lets it.
std::int64_t pairsOf(const RowRun& queries, const RowRun& keys, const AttentionMask& mask) {
    if (mask.plain()) {
        if (!mask.causal || keys.tokens.at(keys.count - 1) <= queries.tokens.first)
            return queries.count * keys.count;
        if (queries.tokens == keys.tokens && queries.count == keys.count)
            return queries.count * (queries.count + 1) / 2;
    }
    std::int64_t pairs = 0;
    for (const TokenSpan& seen :
         visibleRows(mask, queries.tokens, queries.count, keys.tokens, keys.count))
        pairs += seen.size();
    return pairs;
}

}  // namespace

PackedRows AttentionPattern::packedRows(int /*branch*/, std::int64_t /*first*/) const {
    throw std::logic_error("this pattern packs no rows");
}

double seenPairs(const AttentionPattern* pattern, const AttentionMask& mask, std::int64_t tokens) {
    if (pattern == nullptr) return static_cast<double>(visiblePairs(mask, tokens));
    std::vector<std::int64_t> heads(static_cast<std::size_t>(pattern->shape().kvHeads));
    std::iota(heads.begin(), heads.end(), 0);
    const RowRun all{0, tokens, {0, 1}};
    double pairs = 0;
    pattern->cut({all, all, heads}, [&](const PatternPiece& piece) {
        const std::int64_t sharing =
            piece.heads.size() == 0 ? std::ssize(heads) : piece.heads.size();
        pairs += static_cast<double>(sharing) *
                 (piece.chosen ? chosenPairs(*pattern, mask, piece.queries, piece.keys)
                               : static_cast<double>(pairsOf(piece.queries, piece.keys, mask)));
    });
    return pairs / static_cast<double>(heads.size());
}

std::vector<std::int64_t> modelHeads(const AttentionPattern& pattern, const Schedule& schedule,
                                     const HeadSpan& heads, std::int64_t firstHead) {
    const std::int64_t sharing = schedule.headsPerRank / schedule.kvHeadsPerRank;
    const std::int64_t group = pattern.shape().heads / pattern.shape().kvHeads;
    std::vector<std::int64_t> model;
    for (std::int64_t head = heads.begin; head < heads.end; ++head)
        model.push_back((firstHead + head * sharing) / group);
    return model;
}

}  // namespace ringscope
