// Gives allocations of no category one by when they are live: an allocation that is live when its
// step's backward pass begins is an activation; any other of the recorded steps is workspace. What
// was allocated before them keeps no category.
//
// An allocation made within a step gets that step, whichever thread made it: a GPU's backward pass
// runs on a thread that knows no place.
#pragma once

#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <vector>

namespace ringscope {

void nameAllocations(RankTrace& rank);

// Of one of them. `firstStep`: when the first recorded step begins; `backward`: when each backward
// pass begins, ascending.
MemoryCategory namedCategory(const Allocation& one, std::int64_t firstStep,
                             const std::vector<std::int64_t>& backward);

}  // namespace ringscope
