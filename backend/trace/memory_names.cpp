#include "backend/trace/memory_names.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace ringscope {

MemoryCategory namedCategory(const Allocation& one, std::int64_t firstStep,
                             const std::vector<std::int64_t>& backward) {
    if (one.category != MemoryCategory::Unsaid || one.begin < firstStep) return one.category;
    const auto next = std::ranges::upper_bound(backward, one.begin);
    return next != backward.end() && *next < one.end ? MemoryCategory::Activations
                                                     : MemoryCategory::Workspace;
}

void nameAllocations(RankTrace& rank) {
    if (rank.allocations.empty()) return;
    std::vector<std::int64_t> backward;  // when the passes begin
    std::vector<Span> steps;
    for (const Span& span : rank.spans) {
        if (span.kind() == SpanKind::Compute && span.operation() == Operation::Backward)
            backward.push_back(span.begin());
        if (span.kind() == SpanKind::Step) steps.push_back(span);
    }
    std::ranges::sort(backward);
    std::ranges::sort(steps, {}, &Span::begin);
    const std::int64_t first =
        steps.empty() ? std::numeric_limits<std::int64_t>::max() : steps.front().begin();
    for (Allocation& one : rank.allocations) {
        const auto later = std::ranges::upper_bound(steps, one.begin, {}, &Span::begin);
        if (later != steps.begin() && one.begin < std::prev(later)->end())
            one.step = std::prev(later)->step();
        one.category = namedCategory(one, first, backward);
    }
}

}  // namespace ringscope
