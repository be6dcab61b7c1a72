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

namespace {

constexpr std::size_t mostUnknown = 10;

std::vector<TopSpan> unknownKernels(const Trace& trace) {
    std::vector<TopSpan> kernels;
    for (const RankTrace& rank : trace.ranks) {
        if (rank.origin.source.empty()) return {};
        const auto communicates = [](const std::vector<Span>& spans) {
            return std::ranges::count(spans, SpanKind::Transfer, &Span::kind) > 0;
        };
        if (communicates(rank.spans)) return {};
        for (const GpuStream& stream : rank.gpu)
            if (communicates(stream.spans)) return {};
    }
    for (TopSpan& span : topSpans(trace))
        if (span.gpu && span.kind != SpanKind::Copy && kernels.size() < mostUnknown)
            kernels.push_back(std::move(span));
    return kernels;
}

}  // namespace

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
    analysis.unknownKernels = unknownKernels(recorded);
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
