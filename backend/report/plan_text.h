// What `run --dry-run` prints: each run's ranks, bytes and work, before anything starts.
#pragma once

#include "backend/run/run_service.h"

#include <string>
#include <vector>

namespace ringscope {

// A line per run with its notes below it, and what the columns mean. Ends with a newline.
std::string planTable(const std::vector<RunRequest>& requests);

}  // namespace ringscope
