// Runs, their steps and their ranks as rows. A caller that writes must hold a write transaction.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "backend/store/run_columns.h"
#include "backend/store/statement.h"
#include "backend/store/writer.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <vector>

namespace ringscope::store {

// The row id of a run. Fails with NotFound if it is not in the store.
Result<std::int64_t> rowOf(Database& database, const RunId& id);

Result<std::int64_t> insertRun(Database& database, const RunRecord& run, const Writer& writer);
Result<void> updateRun(Database& database, std::int64_t row, const RunRecord& run,
                       std::initializer_list<Part> parts);
Result<void> writeStep(Database& database, std::int64_t row, const StepRecord& step);
Result<void> writeRank(Database& database, std::int64_t row, const RankRecord& rank);

// Adds the run's state to its history, unless the last entry says the same.
Result<void> writeEvent(Database& database, std::int64_t row, const RunRecord& run);

Result<std::vector<StepRecord>> readSteps(Database& database, std::int64_t row);
Result<std::vector<RankRecord>> readRanks(Database& database, std::int64_t row);

// Keeps the configurations that were read: each is parsed from its YAML once. Their rows never
// change.
class ConfigCache {
public:
    // Fails with Corrupt if this Ringscope cannot read the text.
    Result<RunConfig> find(Database& database, std::int64_t id);

private:
    std::map<std::int64_t, RunConfig> known_;
};

// A run from its row: with its summary, without steps and ranks.
struct RunRow {
    std::int64_t row = 0;
    std::int64_t config = 0;
    RunRecord run;
};
// The beginning of a query for RunRows, to be followed by " FROM run …".
std::string runRowColumns();
RunRow readRunRow(Statement& statement);
Result<std::vector<RunRow>> readRunRows(Statement& statement);

}  // namespace ringscope::store
