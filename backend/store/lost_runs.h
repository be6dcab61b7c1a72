// Runs that cannot end any more, because the program that controlled them is gone.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"
#include "backend/store/run_rows.h"

#include <cstdint>
#include <vector>

namespace ringscope::store {

// Row ids of the unfinished runs whose program is certainly gone.
Result<std::vector<std::int64_t>> orphanedRuns(Database& database);

// Sets the run's state to lost, its figures from the steps that were stored, and its end to the
// time of the last step or event. Returns false if the run has ended meanwhile. The caller must
// hold a write transaction.
Result<bool> markLost(Database& database, ConfigCache& configs, std::int64_t row);

}  // namespace ringscope::store
