// What parallel.layout, parallel.token_order and parallel.image do in a plan, in sentences.
#pragma once

#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

// Of a plan that is complete but for its notes; `most`: as planRanks() was given.
std::vector<std::string> layoutNotes(const RunPlan& plan, const Mode& mode, std::int64_t most);

}  // namespace ringscope
