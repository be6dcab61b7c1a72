// Which ranks of a run are recorded, by profile.steps and profile.ranks.
#pragma once

#include "backend/plan/rank_set.h"
#include "backend/plan/run_plan.h"

#include <string>
#include <vector>

namespace ringscope {

// The ranks whose steps are recorded, ascending; none where no steps are.
std::vector<int> recordedRanks(const RunPlan& plan);

// "of this run's 4 ranks, 1, 2 are recorded (profile.ranks)". Empty where all of them are.
std::string recordingNote(const RunPlan& plan);

// The groups of some of the ranks that contain `rank` and have collective operations of their own.
// A trace names them, so that a reader knows the members of an operation where ranks are missing.
std::vector<RankSet> collectiveGroups(const RunPlan& plan, int rank);

}  // namespace ringscope
