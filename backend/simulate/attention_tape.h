// One attention layer's pass as deeds, from the schedule that executors run: transfers are posted
// and awaited where kernels/attention posts and awaits them.
#pragma once

#include "backend/simulate/step_tape.h"

#include <vector>

namespace ringscope {

// Appends the pass of `part` on rank `rank` of a replica. `steps` are the rank's. Groups that it
// uses are added to the tape.
void appendAttention(const StepCosts& costs, const AttentionPart& part, const RankSchedule& steps,
                     int rank, Pass pass, RankTape& tape, std::vector<Deed>& deeds);

// The place of a group in the tape; added where it is new.
int groupIndex(RankTape& tape, const TapeGroup& group);

}  // namespace ringscope
