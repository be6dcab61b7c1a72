#include "backend/analysis/memory.h"

#include <algorithm>

namespace ringscope {

std::optional<MemoryPeak> memoryPeak(const RankTrace& rank) {
    if (std::ranges::none_of(rank.allocations, [](const Allocation& allocation) {
            return isOf(allocation, MemoryOf::Tensors);
        }))
        return std::nullopt;
    MemoryPeak peak{.rank = rank.origin.rank, .at = 0, .held = {}, .largest = {}};
    std::int64_t most = -1;
    overMemory(rank, [&](std::int64_t at, const BytesByCategory& held) {
        if (totalOf(held) <= most) return;
        most = totalOf(held);
        peak.at = at;
        peak.held = held;
    });
    overMemory(
        rank,
        [&](std::int64_t, const BytesByCategory& held) {
            peak.segments = std::max(peak.segments, totalOf(held));
        },
        MemoryOf::Segments);
    for (const Allocation& allocation : rank.allocations) {
        if (!isOf(allocation, MemoryOf::Tensors) || allocation.begin > peak.at ||
            allocation.end <= peak.at)
            continue;
        peak.largest.push_back(allocation);
        if (allocation.begin == peak.at) {
            peak.step = allocation.step;
            peak.layer = allocation.layer;
            peak.pass = allocation.pass;
        }
    }
    const std::size_t shown = std::min(peak.largest.size(), MemoryPeak::largestShown);
    std::ranges::partial_sort(peak.largest,
                              peak.largest.begin() + static_cast<std::ptrdiff_t>(shown), isLarger);
    peak.largest.resize(shown);
    return peak;
}

}  // namespace ringscope
