#include "backend/plan/rank_shares.h"

#include "backend/plan/batch_schedule.h"
#include "backend/plan/native_sparse.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// In one row of the batch.
std::int64_t pairsOf(const RunPlan& plan, int rank) {
    std::int64_t pairs = 0;
    for (const AttentionPart& part : plan.parts)
        pairs += (attendedPairs(part.schedule, stepsOf(part.schedule, rank)) +
                  pairsBesideSelected(plan, part.schedule, rank)) *
                 part.layers * part.headTurns;
    return pairs;
}

}  // namespace

RankShare& RankShare::operator+=(const RankShare& other) {
    tokens += other.tokens;
    labels += other.labels;
    pairs += other.pairs;
    return *this;
}

std::vector<RankShare> rankShares(const RunPlan& plan, const std::vector<bool>& labelled,
                                  const std::vector<std::int64_t>& documents) {
    const RunPlan known = withDocuments(plan, documents);
    const Schedule& schedule = known.parts.front().schedule;
    const std::int64_t length = plan.config.train.seqLen;
    const std::int64_t rows = std::ssize(labelled) / length;
    std::vector<RankShare> shares;
    for (int rank = 0; rank < schedule.ranks; ++rank) {
        RankShare share{.pairs = rows * pairsOf(known, rank)};
        const std::vector<TokenSpan> owned = spansBefore(schedule.owned.spansOf(rank), length);
        share.tokens = rows * tokenCount(owned);
        for (std::int64_t row = 0; row < rows; ++row)
            for (const TokenSpan& span : owned)
                for (std::int64_t token = span.begin; token < span.end; ++token)
                    share.labels +=
                        labelled[static_cast<std::size_t>(row * length + token)] ? 1 : 0;
        shares.push_back(share);
    }
    return shares;
}

double imbalance(const std::vector<RankShare>& shares) {
    std::int64_t most = 0;
    std::int64_t sum = 0;
    for (const RankShare& share : shares) {
        most = std::max(most, share.pairs);
        sum += share.pairs;
    }
    if (sum == 0) return 1;
    return static_cast<double>(most) * static_cast<double>(shares.size()) /
           static_cast<double>(sum);
}

}  // namespace ringscope
