// What `run --dry-run` prints: each run's ranks, bytes and work, before anything starts.
#pragma once

#include "backend/run/run_service.h"

#include <string>
#include <vector>

namespace ringscope::cli {

std::string planTable(const std::vector<RunRequest>& requests);

}  // namespace ringscope::cli
