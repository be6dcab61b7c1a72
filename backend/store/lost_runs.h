// Runs that will never end by themselves, because the program that led them is gone.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"
#include "backend/store/run_rows.h"

#include <cstdint>
#include <vector>

namespace ringscope::store {

// Row ids of the runs that are under way and whose program is gone for certain.
Result<std::vector<std::int64_t>> orphanedRuns(Database& database);

// Gives the run its final state, its figures from the steps it did, and the time of its last sign
// of life as its end. False where it came to its end meanwhile. The caller holds a transaction.
Result<bool> markLost(Database& database, ConfigShelf& configs, std::int64_t row);

}  // namespace ringscope::store
