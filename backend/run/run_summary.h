// What a list, or a program that is told of a run's end, knows of the run.
#pragma once

#include "backend/run/run_record.h"

namespace ringscope {

// From its steps and ranks.
RunSummary summaryOf(const RunRecord& run);

}  // namespace ringscope
