#include "backend/analysis/memory.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

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

std::vector<Change> changesOf(const std::vector<Allocation>& allocations) {
    std::vector<Change> changes;
    changes.reserve(allocations.size() * 2);
    for (const Allocation& allocation : allocations) {
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
    return static_cast<std::size_t>(allocation.category);
}

}  // namespace

std::int64_t totalOf(const BytesByCategory& bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), std::int64_t{0});
}

void overMemory(const RankTrace& rank, const VisitMemory& visit) {
    const std::int64_t first = firstStep(rank);
    BytesByCategory held{};
    bool begun = false;
    const auto begin = [&] {
        if (!std::exchange(begun, true)) visit(first, held);
    };
    for (const Change& change : changesOf(rank.allocations)) {
        if (change.at > first) begin();
        held[indexOf(*change.about)] += change.bytes;
        if (change.at > first) visit(change.at, held);
    }
    if (!rank.allocations.empty()) begin();
}

std::optional<MemoryPeak> memoryPeak(const RankTrace& rank) {
    if (rank.allocations.empty()) return std::nullopt;
    MemoryPeak peak{.rank = rank.origin.rank, .at = 0, .held = {}, .largest = {}};
    std::int64_t most = -1;
    overMemory(rank, [&](std::int64_t at, const BytesByCategory& held) {
        if (totalOf(held) <= most) return;
        most = totalOf(held);
        peak.at = at;
        peak.held = held;
    });
    for (const Allocation& allocation : rank.allocations) {
        if (allocation.begin > peak.at || allocation.end <= peak.at) continue;
        peak.largest.push_back(allocation);
        if (allocation.begin == peak.at) {
            peak.step = allocation.step;
            peak.layer = allocation.layer;
        }
    }
    const std::size_t shown = std::min(peak.largest.size(), MemoryPeak::largestShown);
    std::ranges::partial_sort(peak.largest,
                              peak.largest.begin() + static_cast<std::ptrdiff_t>(shown),
                              [](const Allocation& a, const Allocation& b) {
                                  return a.bytes != b.bytes ? a.bytes > b.bytes : a.begin < b.begin;
                              });
    peak.largest.resize(shown);
    return peak;
}

}  // namespace ringscope
