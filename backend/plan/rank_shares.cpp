#include "backend/plan/rank_shares.h"

#include "backend/plan/batch_schedule.h"
#include "backend/plan/blocks.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// Of each of `ranks` ranks, in one row of the batch.
std::vector<std::int64_t> pairsOfRanks(const RunPlan& plan, int ranks,
                                       const std::vector<std::int64_t>& documents) {
    std::vector<std::int64_t> pairs(static_cast<std::size_t>(ranks), 0);
    for (const AttentionPart& part : plan.parts) {
        const Schedule schedule = scheduleOfBatch(plan, part, documents);
        const AttentionMask mask = maskOfBatch(plan, part, documents);
        for (int rank = 0; rank < ranks; ++rank) {
            const RankSchedule steps =
                documents.empty() ? stepsOf(schedule, rank) : maskedSteps(schedule, rank, mask);
            pairs[static_cast<std::size_t>(rank)] +=
                attendedPairs(schedule, steps) * part.layers * part.headTurns;
        }
    }
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
    const Schedule schedule = scheduleOfBatch(plan, plan.parts.front(), documents);
    const std::int64_t length = plan.config.train.seqLen;
    const std::int64_t rows = std::ssize(labelled) / length;
    const std::vector<std::int64_t> pairs = pairsOfRanks(plan, schedule.ranks, documents);
    std::vector<RankShare> shares;
    for (int rank = 0; rank < schedule.ranks; ++rank) {
        RankShare share{.pairs = rows * pairs[static_cast<std::size_t>(rank)]};
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
