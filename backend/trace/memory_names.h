// Memory that nobody named is told by its life: what lives when its step's backward pass begins is
// an activation, all else that is allocated within the recorded steps is workspace. What was there
// before them stays unsaid.
//
// The step of what was allocated within one is that step, whichever thread allocated it: a GPU's
// backward pass runs on one that was told no place.
#pragma once

#include "backend/trace/rank_trace.h"

namespace ringscope {

void nameAllocations(RankTrace& rank);

}  // namespace ringscope
