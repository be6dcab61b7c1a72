// Gives allocations of no category one by when they are live: an allocation that is live when its
// step's backward pass begins is an activation; any other of the recorded steps is workspace. What
// was allocated before them keeps no category.
//
// An allocation made within a step gets that step, whichever thread made it: a GPU's backward pass
// runs on a thread that knows no place.
#pragma once

#include "backend/trace/rank_trace.h"

namespace ringscope {

void nameAllocations(RankTrace& rank);

}  // namespace ringscope
