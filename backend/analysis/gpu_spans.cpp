#include "backend/analysis/gpu_spans.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

bool isHostsOwn(const Span& span) {
    return span.kind() == SpanKind::Step || span.kind() == SpanKind::Host;
}

struct NamedSpan {
    Span span;
    std::uint32_t name;
};

std::uint32_t nameAt(const std::vector<std::uint32_t>& names, std::size_t i) {
    constexpr std::uint32_t noName = -1;
    return i < names.size() ? names[i] : noName;
}

std::vector<NamedSpan> gpuAndHostSpans(const RankTrace& rank) {
    std::vector<NamedSpan> spans;
    for (std::size_t i = 0; i < rank.spans.size(); ++i)
        if (isHostsOwn(rank.spans[i])) spans.push_back({rank.spans[i], nameAt(rank.spanNames, i)});
    for (const GpuStream& stream : rank.gpu)
        for (std::size_t i = 0; i < stream.spans.size(); ++i)
            if (!isHostsOwn(stream.spans[i]))
                spans.push_back({stream.spans[i], nameAt(stream.names, i)});
    std::ranges::stable_sort(spans, {}, [](const NamedSpan& named) { return named.span.begin(); });
    return spans;
}

void useGpuSpans(RankTrace& rank) {
    const std::vector<NamedSpan> replaced = gpuAndHostSpans(rank);
    rank.spans.clear();
    rank.spanNames.clear();
    for (const NamedSpan& named : replaced) {
        rank.spans.push_back(named.span);
        if (!rank.names.empty()) rank.spanNames.push_back(named.name);
    }
}

}  // namespace

bool hasGpuRecords(const Trace& trace) {
    return std::ranges::any_of(trace.ranks,
                               [](const RankTrace& rank) { return !rank.gpu.empty(); });
}

Trace withGpuSpans(Trace trace) {
    for (RankTrace& rank : trace.ranks)
        if (!rank.gpu.empty()) useGpuSpans(rank);
    return trace;
}

}  // namespace ringscope
