#include "backend/trace/memory_curve.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

std::int64_t firstStep(const RankTrace& rank) {
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (const Span& span : rank.spans)
        if (span.kind() == SpanKind::Step) first = std::min(first, span.begin());
    return first;
}

// The two ends of an allocation. What ends at a moment is given back before anything begins there.
struct Change {
    std::int64_t at;
    std::int64_t bytes;  // below 0: given back
    const Allocation* about;
};

std::vector<Change> changesOf(const std::vector<Allocation>& allocations, MemoryOf of) {
    std::vector<Change> changes;
    changes.reserve(allocations.size() * 2);
    for (const Allocation& allocation : allocations) {
        if (!isOf(allocation, of)) continue;
        changes.push_back({allocation.begin, allocation.bytes, &allocation});
        if (allocation.end != Allocation::heldToTheEnd)
            changes.push_back({allocation.end, -allocation.bytes, &allocation});
    }
    std::ranges::sort(changes, [](const Change& a, const Change& b) {
        return a.at != b.at ? a.at < b.at : (a.bytes < 0) > (b.bytes < 0);
    });
    return changes;
}

std::size_t indexOf(const Allocation& allocation) {
    return isOf(allocation, MemoryOf::Tensors) ? static_cast<std::size_t>(allocation.category) : 0;
}

}  // namespace

std::int64_t totalOf(const BytesByCategory& bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), std::int64_t{0});
}

bool isOf(const Allocation& allocation, MemoryOf of) {
    return (allocation.category == MemoryCategory::Segments) == (of == MemoryOf::Segments);
}

bool isLarger(const Allocation& a, const Allocation& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.begin < b.begin;
}

void overMemory(const RankTrace& rank, const VisitMemory& visit, MemoryOf of) {
    const std::int64_t first = firstStep(rank);
    BytesByCategory held{};
    bool begun = false;
    const auto begin = [&] {
        if (!std::exchange(begun, true)) visit(first, held);
    };
    const std::vector<Change> changes = changesOf(rank.allocations, of);
    for (const Change& change : changes) {
        if (change.at > first) begin();
        held[indexOf(*change.about)] += change.bytes;
        if (change.at > first) visit(change.at, held);
    }
    if (!changes.empty()) begin();
}

}  // namespace ringscope
