// What a rank's tensors held over the recorded steps, and what stood where it was the most.
#pragma once

#include "backend/trace/trace.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace ringscope {

using BytesByCategory = std::array<std::int64_t, memoryCategoryCount>;
std::int64_t totalOf(const BytesByCategory& bytes);

// Calls `visit` with every moment at which something changes, in order, and what is held from then
// on; the first time with the moment of the first recorded step and what is there already.
using VisitMemory = std::function<void(std::int64_t at, const BytesByCategory& held)>;
void overMemory(const RankTrace& rank, const VisitMemory& visit);

struct MemoryPeak {
    int rank = 0;
    std::int64_t at = 0;
    BytesByCategory held{};
    int step = 0;  // of the allocation that made it, and its layer
    int layer = -1;
    std::vector<Allocation> largest;  // live then, largest first, at most `largestShown`

    static constexpr std::size_t largestShown = 10;
};

// Nothing where memory was not recorded.
std::optional<MemoryPeak> memoryPeak(const RankTrace& rank);

}  // namespace ringscope
