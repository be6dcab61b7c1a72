// What a rank's tensors held over its recorded steps, by category, as a chart or a line of text
// needs it: a few hundred columns of what may be millions of changes. Each column has what was held
// at its fullest moment, so that a peak shows however short it was.
#pragma once

#include "backend/trace/memory_curve.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringscope {

struct MemorySeries {
    struct Step {
        std::int64_t begin = 0;
        int step = 0;
    };

    int rank = 0;
    std::int64_t begin = 0;  // of the first recorded step, nanoseconds of the rank's clock
    std::int64_t end = 0;
    std::vector<BytesByCategory> columns{};  // each as long as the others, from begin to end
    std::int64_t peakAt = 0;
    BytesByCategory peak{};
    std::vector<Step> steps{};  // by begin

    bool empty() const { return columns.empty(); }
    int stepAt(std::int64_t time) const;  // the first step for what is earlier
};

// Empty where memory was not recorded.
MemorySeries memorySeries(const RankTrace& rank, std::size_t columns);

// The categories of which something was held in any column, in the order of memoryStack().
std::vector<MemoryCategory> heldCategories(const MemorySeries& series);

}  // namespace ringscope
