#include "backend/trace/memory_names.h"

#include <algorithm>
#include <limits>

namespace ringscope {

void nameAllocations(RankTrace& rank) {
    if (rank.allocations.empty()) return;
    std::vector<std::int64_t> backward;  // when the passes begin
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (const Span& span : rank.spans) {
        if (span.kind() == SpanKind::Compute && span.operation() == Operation::Backward)
            backward.push_back(span.begin());
        if (span.kind() == SpanKind::Step) first = std::min(first, span.begin());
    }
    std::ranges::sort(backward);
    for (Allocation& one : rank.allocations) {
        if (one.category != MemoryCategory::Unsaid || one.begin < first) continue;
        const auto next = std::ranges::upper_bound(backward, one.begin);
        one.category = next != backward.end() && *next < one.end ? MemoryCategory::Activations
                                                                 : MemoryCategory::Workspace;
    }
}

}  // namespace ringscope
