#include "backend/plan/mode_choice.h"

#include "backend/config/mode_names.h"
#include "backend/core/units.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/planned_ranks.h"

#include <fmt/format.h>
#include <algorithm>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

// What a slowest rank may compute above the least, so that a diagonal is no reason.
constexpr double asBalanced = 1.05;

struct ModeCost {
    RunPlan plan{};
    double pairs = 0;  // of the slowest rank, all attention layers, forward
};

// Pairs that the queries of `tokens` see, for one head.
std::int64_t pairsSeen(const AttentionMask& mask, const std::vector<TokenSpan>& tokens,
                       std::int64_t all) {
    if (mask.plain()) return mask.causal ? causalPairs(tokens) : tokenCount(tokens) * all;
    std::int64_t pairs = 0;
    for (const TokenSpan& span : tokens)
        for (std::int64_t token = span.begin; token < span.end; ++token) {
            const TokenSpan seen = visibleTokens(mask, token);
            pairs += std::min(seen.end, all) - seen.begin;
        }
    return pairs;
}

// As attendedPairs() of every rank, without the steps of each, which are as many as there are
// ranks: a rank attends for its own tokens, those of its place in a ring, or all.
std::vector<std::int64_t> pairsOfRanks(const Schedule& schedule, const AttentionMask& mask,
                                       std::int64_t tokens) {
    std::vector<std::int64_t> own;
    for (int rank = 0; rank < schedule.ranks; ++rank)
        own.push_back(schedule.headsPerRank *
                      pairsSeen(mask, schedule.owned.spansOf(rank), tokens));
    std::vector<RankSet> together = schedule.places;
    if (together.empty() && schedule.executor == Executor::AllToAll)
        together = {{.first = 0, .count = schedule.ranks}};
    std::vector<std::int64_t> pairs = own;
    for (const RankSet& ranks : together) {
        std::int64_t sum = 0;
        for (int i = 0; i < ranks.count; ++i) sum += own[static_cast<std::size_t>(ranks.at(i))];
        for (int i = 0; i < ranks.count; ++i) pairs[static_cast<std::size_t>(ranks.at(i))] = sum;
    }
    return pairs;
}

// legacy repeats all work but attention on every rank.
bool mayBeChosen(const Mode& mode) { return mode.sharded && mode.name != modenames::legacy; }

Result<std::vector<ModeCost>> costsOf(const RunConfig& config, std::int64_t most) {
    std::vector<ModeCost> costs;
    std::optional<Error> refusal;
    for (const Mode& mode : modeTable()) {
        if (!mayBeChosen(mode)) continue;
        RunConfig one = config;
        one.parallel.mode = mode.name;
        Result<RunPlan> plan = planRanks(one, most);
        if (plan.ok()) {
            const double pairs = slowestPairs(*plan);
            costs.push_back({*std::move(plan), pairs});
        } else if (!refusal) {
            refusal = std::move(plan).error();
        }
    }
    if (costs.empty()) return std::move(*refusal).in("parallel.mode auto");
    return costs;
}

// "parallel.mode auto is zigzag: it sends 6.00 MiB a step, the fewest of 5 modes whose …"
std::string reasonOf(const ModeCost& best, const std::vector<ModeCost>& costs, double least) {
    std::int64_t balanced = 0;
    const ModeCost* unbalanced = nullptr;
    for (const ModeCost& cost : costs) {
        if (cost.pairs <= asBalanced * least)
            ++balanced;
        else if (cost.plan.attentionBytesPerStep < best.plan.attentionBytesPerStep)
            unbalanced = unbalanced == nullptr ? &cost : unbalanced;
    }
    std::string reason = fmt::format(
        "parallel.mode auto is {}: attention sends {} a step, the least of the {} modes whose "
        "slowest rank computes as few pairs as any (within {:.0f} %)",
        best.plan.config.parallel.mode, formatBytes({best.plan.attentionBytesPerStep}), balanced,
        100 * (asBalanced - 1));
    if (unbalanced != nullptr)
        reason += fmt::format("; {} sends {}, and its slowest rank computes {:.2f} times as many",
                              unbalanced->plan.config.parallel.mode,
                              formatBytes({unbalanced->plan.attentionBytesPerStep}),
                              unbalanced->pairs / least);
    return reason;
}

}  // namespace

double slowestPairs(const RunPlan& plan) {
    std::vector<double> pairs(static_cast<std::size_t>(plan.schedule().ranks));
    for (const AttentionPart& part : plan.parts) {
        const Schedule& schedule = part.schedule;
        const auto layers = static_cast<double>(part.layers * part.headTurns);
        std::vector<std::int64_t> ofRanks;
        if (schedule.pattern == nullptr && plan.attention.pattern == nullptr)
            ofRanks = pairsOfRanks(schedule, schedule.cut ? schedule.mask : part.mask,
                                   plan.attention.tokens);
        else
            for (int rank = 0; rank < schedule.ranks; ++rank)
                ofRanks.push_back(attendedPairs(schedule, rank));
        for (std::size_t rank = 0; rank < pairs.size(); ++rank)
            pairs[rank] += layers * static_cast<double>(ofRanks[rank]);
    }
    return std::ranges::max(pairs);
}

Result<RunPlan> planBestMode(const RunConfig& config, std::int64_t most) {
    RINGSCOPE_TRY(std::vector<ModeCost> costs, costsOf(config, most));
    const double least = std::ranges::min_element(costs, {}, &ModeCost::pairs)->pairs;
    ModeCost* best = nullptr;
    for (ModeCost& cost : costs) {
        if (cost.pairs > asBalanced * least) continue;
        const bool fewer =
            best == nullptr || cost.plan.attentionBytesPerStep < best->plan.attentionBytesPerStep;
        if (fewer) best = &cost;
    }
    std::string reason = reasonOf(*best, costs, least);
    best->plan.notes.insert(best->plan.notes.begin(), std::move(reason));
    return std::move(best->plan);
}

}  // namespace ringscope
