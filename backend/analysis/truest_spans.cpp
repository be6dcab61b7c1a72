#include "backend/analysis/truest_spans.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

bool isHostsOwn(const Span& span) {
    return span.kind() == SpanKind::Step || span.kind() == SpanKind::Host;
}

std::vector<Span> truestSpans(const RankTrace& rank) {
    std::vector<Span> spans;
    std::ranges::copy_if(rank.spans, std::back_inserter(spans), isHostsOwn);
    for (const GpuStream& stream : rank.gpu)
        std::ranges::remove_copy_if(stream.spans, std::back_inserter(spans), isHostsOwn);
    std::ranges::stable_sort(spans, {}, &Span::begin);
    return spans;
}

}  // namespace

bool hasGpuRecords(const Trace& trace) {
    return std::ranges::any_of(trace.ranks,
                               [](const RankTrace& rank) { return !rank.gpu.empty(); });
}

Trace withTruestSpans(Trace trace) {
    for (RankTrace& rank : trace.ranks)
        if (!rank.gpu.empty()) {
            rank.spans = truestSpans(rank);
            rank.spanNames.clear();  // they were the host's
        }
    return trace;
}

}  // namespace ringscope
