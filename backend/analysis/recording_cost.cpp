#include "backend/analysis/recording_cost.h"

namespace ringscope {

std::optional<RecordingCost> recordingCost(const RankContents& rank) {
    if (rank.origin.spanCostNs <= 0 || rank.stepTime <= 0) return std::nullopt;
    const auto price = static_cast<double>(rank.origin.spanCostNs);
    const double spans = static_cast<double>(rank.hostSpans) + static_cast<double>(rank.dropped);
    return RecordingCost{.rank = rank.origin.rank,
                         .spanNs = rank.origin.spanCostNs,
                         .spansPerStep = spans / static_cast<double>(rank.steps),
                         .percentOfStep = 100 * spans * price / static_cast<double>(rank.stepTime)};
}

std::vector<RecordingCost> recordingCosts(const Trace& trace) {
    std::vector<RecordingCost> costs;
    for (const RankContents& rank : contentsOf(trace).ranks)
        if (const std::optional<RecordingCost> cost = recordingCost(rank)) costs.push_back(*cost);
    return costs;
}

}  // namespace ringscope
