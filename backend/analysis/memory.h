// The most that a rank's tensors held in the recorded steps, and what was allocated then.
#pragma once

#include "backend/trace/memory_curve.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope {

struct MemoryPeak {
    int rank = 0;
    std::int64_t at = 0;
    BytesByCategory held{};
    int step = 0;    // of the allocation that made it, and its layer
    int layer = -1;  // -1: of none
    SpanPass pass = SpanPass::None;
    std::int64_t segments = 0;        // the most taken from its GPU's driver; 0: not recorded
    std::vector<Allocation> largest;  // live then, largest first, at most `largestShown`

    static constexpr std::size_t largestShown = 10;
};

// Nothing where memory was not recorded.
std::optional<MemoryPeak> memoryPeak(const RankTrace& rank);

}  // namespace ringscope
