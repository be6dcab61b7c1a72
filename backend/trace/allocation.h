// Memory that a tensor held, from its allocation until it was freed. Memory curves and their peaks
// are computed from these (analysis/memory.h).
//
// Segments are allocations too: what the process took from a GPU's driver, for the allocator that
// cuts tensors from it or for a library. A tensor's bytes are also in its segment, so the two are
// never added: overMemory() goes over tensors or over segments.
#pragma once

#include "backend/trace/span.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace ringscope {

enum class MemoryCategory : std::uint8_t {
    Unsaid,  // becomes Activations if it outlives the forward pass, otherwise Workspace
    Parameters,
    Gradients,
    Optimizer,
    Communication,
    Logits,
    Activations,
    Workspace,
    Segments,
};
// Of tensors: those that add up.
inline constexpr int memoryCategoryCount = static_cast<int>(MemoryCategory::Workspace) + 1;
std::string_view memoryCategoryName(MemoryCategory category);

// 32 bytes in memory and in the file.
struct Allocation {
    static constexpr std::int64_t heldToTheEnd = std::numeric_limits<std::int64_t>::max();
    static constexpr std::int64_t mostBytes = std::int64_t{1} << 42;  // 4 TiB: sums do not overflow

    std::int64_t begin = 0;  // nanoseconds of the rank's clock, as of its spans
    std::int64_t end = heldToTheEnd;
    std::int64_t bytes = 0;
    std::int32_t step = 0;
    std::int16_t layer = -1;
    SpanPass pass = SpanPass::None;  // in which it was made
    MemoryCategory category = MemoryCategory::Unsaid;

    bool wellFormed() const {
        return begin <= end && bytes >= 0 && bytes <= mostBytes &&
               category <= MemoryCategory::Segments && static_cast<int>(pass) < spanPassCount;
    }
    bool operator==(const Allocation&) const = default;
};
static_assert(sizeof(Allocation) == 32);

}  // namespace ringscope
