// The rows of queries and keys that a step's blocks need.
#pragma once

#include "backend/plan/schedule.h"

namespace ringscope {

// From the first to the last of all blocks; none where there are no blocks.
TokenSpan queryRows(const Step& step);
TokenSpan keyRows(const Step& step);

// The rows of the step's keys that its blocks need, head by head: no row of a head twice. For
// `latent`, of which heads are made: rows that any head needs, of head 0.
std::vector<KeyRows> neededKeys(const Step& step, bool latent);

// The steps of one branch of a pattern.
RankSchedule stepsOfBranch(const RankSchedule& steps, int branch);

// Whether a rank's keys go to the others in one all-gather, not round a ring.
bool gathersKeys(const RankSchedule& steps);

// Of each branch of a pattern that is kept apart, how far its rows are apart; none where branches
// are not.
std::vector<std::int64_t> branchSteps(const RankSchedule& steps);

}  // namespace ringscope
