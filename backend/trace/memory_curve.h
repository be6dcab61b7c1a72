// How much a rank's tensors held, change by change; or the segments of its GPU.
#pragma once

#include "backend/trace/rank_trace.h"

#include <array>
#include <cstdint>
#include <functional>

namespace ringscope {

using BytesByCategory = std::array<std::int64_t, memoryCategoryCount>;
std::int64_t totalOf(const BytesByCategory& bytes);

enum class MemoryOf { Tensors, Segments };

// Calls `visit` with every moment at which something changes, in order, and what is held from then
// on; the first time with the moment of the first recorded step and what is there already.
using VisitMemory = std::function<void(std::int64_t at, const BytesByCategory& held)>;
// All segments are held as MemoryCategory::Unsaid.
void overMemory(const RankTrace& rank, const VisitMemory& visit, MemoryOf of = MemoryOf::Tensors);
bool isOf(const Allocation& allocation, MemoryOf of);

// The order in which allocations are told: of more bytes, or as many from earlier on.
bool isLarger(const Allocation& a, const Allocation& b);

}  // namespace ringscope
