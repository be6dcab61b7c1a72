#include "backend/analysis/trace_analysis.h"

#include "backend/analysis/gpu_spans.h"
#include "backend/analysis/rank_sets.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {

std::optional<double> TraceAnalysis::imbalancePercent() const {
    double sum = 0;
    double most = 0;
    for (const RankFigures& rank : findings.ranks) {
        sum += static_cast<double>(rank.compute);
        most = std::max(most, static_cast<double>(rank.compute));
    }
    if (findings.ranks.size() < 2 || sum == 0) return std::nullopt;
    const double mean = sum / static_cast<double>(findings.ranks.size());
    return 100 * (most - mean) / mean;
}

TraceAnalysis analyzeAll(const Trace& recorded) {
    const Trace trace = withGpuSpans(recorded);
    const TrustedMeetings trusted = trustedMeetings(trace);
    TraceAnalysis analysis;
    analysis.findings = analyze(trace, trusted);
    analysis.path = criticalPath(trace, trusted);
    analysis.mode = executedMode(trace);
    analysis.bandwidths = bandwidths(trace, trusted);
    analysis.slowdown = attentionSlowdown(trace, trusted);
    for (const RankTrace& rank : recorded.ranks)
        if (std::optional<MemoryPeak> peak = memoryPeak(rank))
            analysis.memory.push_back(*std::move(peak));
    analysis.recording = recordingCosts(recorded);
    analysis.violations = analysis.findings.violations;
    for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
        const RankSets sets = rankSets(trace.ranks[r], trusted.meetings[r]);
        const StepParts& parts =
            analysis.parts.emplace_back(stepParts(trace.ranks[r], trusted.meetings[r], sets));
        if (parts.sum() != parts.steps)
            analysis.violations.push_back(
                fmt::format("rank {}: the parts of its steps do not add up to them", parts.rank));
        const ToolVariants& variants =
            analysis.variants.emplace_back(toolVariants(sets, trace.ranks[r].gpu));
        analysis.violations.insert(analysis.violations.end(), variants.violations.begin(),
                                   variants.violations.end());
    }
    return analysis;
}

}  // namespace ringscope
