// Runs that cannot end any more, because the program that controlled them is gone.
//
//   its process can be looked for from here      lost as soon as it is not there
//   it is in another pid namespace, or on        lost when it gave no sign of life for ten times
//   another host                                 the time between two
//
// A sign of life is a step, a change of state, or the time that the program writes into the store
// every `betweenSignsOfLife`. Readers find out each time they look, so nothing has to be written.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "backend/store/database.h"
#include "backend/store/run_rows.h"
#include "backend/store/writer.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope::store {

// An unfinished run that is lost.
struct LostRun {
    std::int64_t row = 0;
    std::string reason;           // what is known of its program
    std::int64_t lastSignUs = 0;  // of life; UTC
    bool certain = false;         // its process was looked for and is not there
};

// Of all runs, or of this one.
Result<std::vector<LostRun>> lostRuns(Database& database,
                                      std::optional<std::int64_t> row = std::nullopt);

// How a reader sees the run.
void showLost(RunRecord& run, const LostRun& lost);

// Writes it into the store, with figures from the steps that were stored. Returns false if the run
// has ended meanwhile. The caller must hold a write transaction.
Result<bool> markLost(Database& database, ConfigCache& configs, const LostRun& lost);

// The same at a user's wish. Fails with Unavailable while the program may live, and with
// InvalidConfig for a run that has ended.
Result<void> markLostByUser(Database& database, ConfigCache& configs, std::int64_t row);

// The unfinished ones of `runs` have their program alive now.
Result<void> writeSignOfLife(Database& database, const std::vector<RunId>& runs);

}  // namespace ringscope::store
