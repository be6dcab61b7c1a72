// What `run --dry-run` prints: each run's ranks, bytes and work, before anything starts.
#pragma once

#include "backend/run/experiment_plan.h"
#include "backend/run/run_service.h"

#include <string>
#include <vector>

namespace ringscope {

// A line per run, then notes with the runs they are about, and what the columns mean. Ends with a
// newline.
std::string planTable(const std::vector<RunRequest>& requests);

// A line per host that is not this machine: how many ranks go there, and the command that starts
// them. Ends with a newline.
std::string plannedHostsText(const std::vector<PlannedHost>& hosts);

}  // namespace ringscope
