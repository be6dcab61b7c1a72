// What is asked of steps: rows of queries and keys that their blocks need, messages.
#pragma once

#include "backend/plan/schedule.h"

namespace ringscope {

// From the first to the last of all blocks; none where there are no blocks.
TokenSpan queryRows(const Step& step);
TokenSpan keyRows(const Step& step);

// The rows of the step's keys that its blocks need, head by head: no row of a head twice. For
// `latent`, of which heads are made: rows that any head needs, of head 0.
std::vector<KeyRows> neededKeys(const Step& step, bool latent);

// Between two ranks; all others are collectives.
bool isMessage(const Transfer& transfer);

// The first message of the step with this payload that is posted then; null: there is none.
const Transfer* messageOf(const Step& step, PostTime time, Payload payload);

// The steps of one branch of a pattern.
RankSchedule stepsOfBranch(const RankSchedule& steps, int branch);

// Whether a rank's keys go to the others in one all-gather, not round a ring.
bool gathersKeys(const RankSchedule& steps);

// Of each branch of a pattern that is kept apart, how far its rows are apart; none where branches
// are not.
std::vector<std::int64_t> branchSteps(const RankSchedule& steps);

}  // namespace ringscope
