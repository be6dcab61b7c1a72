// What of a run is recorded: profile.steps and profile.ranks, for the ranks that there are.
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

// The groups of some of the ranks, `rank` among them, that have collective operations of their own:
// a trace says them, so that it is known who takes part in what where ranks are missing from it.
std::vector<RankSet> collectiveGroups(const RunPlan& plan, int rank);

}  // namespace ringscope
