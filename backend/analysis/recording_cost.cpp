#include "backend/analysis/recording_cost.h"

namespace ringscope {

std::optional<RecordingCost> recordingCost(const RankTrace& rank) {
    std::int64_t steps = 0;
    double time = 0;
    for (const Span& span : rank.spans) {
        if (span.kind() != SpanKind::Step) continue;
        ++steps;
        time += static_cast<double>(span.duration());
    }
    if (rank.origin.spanCostNs <= 0 || time <= 0) return std::nullopt;
    const double spans = static_cast<double>(rank.spans.size()) + static_cast<double>(rank.dropped);
    return RecordingCost{
        .rank = rank.origin.rank,
        .spanNs = rank.origin.spanCostNs,
        .spansPerStep = spans / static_cast<double>(steps),
        .percentOfStep = 100 * spans * static_cast<double>(rank.origin.spanCostNs) / time};
}

std::vector<RecordingCost> recordingCosts(const Trace& trace) {
    std::vector<RecordingCost> costs;
    for (const RankTrace& rank : trace.ranks)
        if (const std::optional<RecordingCost> cost = recordingCost(rank)) costs.push_back(*cost);
    return costs;
}

}  // namespace ringscope
