// What belongs to runs beside their steps and ranks: facts of their hosts, tags, how experts were
// used, validations, and what a list shows of steps and ranks. Lists read many runs with one query
// each. A caller that writes must hold a write transaction.
#pragma once

#include "backend/core/result.h"
#include "backend/store/run_rows.h"

#include <vector>

namespace ringscope::store {

Result<void> writeHosts(Database& database, std::int64_t row, const std::vector<HostFacts>& hosts);
Result<void> writeTags(Database& database, std::int64_t row, const std::vector<std::string>& tags);

Result<void> writeRouting(Database& database, std::int64_t row, const RoutingRecord& routing);
Result<std::vector<RoutingRecord>> readRouting(Database& database, std::int64_t row);

Result<void> writeValidation(Database& database, std::int64_t row,
                             const ValidationRecord& validation);
Result<std::vector<ValidationRecord>> readValidations(Database& database, std::int64_t row);

// Sets environment.hosts and tags of every run.
Result<void> addDetails(Database& database, std::vector<RunRow>& rows);

// Sets finalLoss and hosts of every run's summary.
Result<void> addSummaries(Database& database, std::vector<RunRow>& rows);

}  // namespace ringscope::store
