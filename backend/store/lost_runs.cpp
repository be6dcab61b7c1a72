#include "backend/store/lost_runs.h"

#include "backend/store/writer.h"

#include <string>

namespace ringscope::store {
namespace {

Result<std::int64_t> timeOfLastEntry(Database& database, std::int64_t row) {
    Statement query(
        database,
        "SELECT max(coalesce((SELECT max(recorded_us) FROM run_step WHERE run = ?1), 0),"
        " coalesce((SELECT max(at_us) FROM event WHERE run = ?1), 0))",
        row);
    RINGSCOPE_CHECK(query.next());
    return query.integer();
}

}  // namespace

Result<std::vector<std::int64_t>> orphanedRuns(Database& database) {
    Statement query(database,
                    "SELECT id, writer_host, writer_pid, writer_process FROM run WHERE "
                    "status IN ('queued', 'starting', 'running', 'stopping')");
    std::vector<std::int64_t> orphans;
    for (;;) {
        RINGSCOPE_TRY(const bool found, query.next());
        if (!found) return orphans;
        const std::int64_t row = query.integer();
        Writer writer;
        writer.host = query.text();
        writer.pid = query.integer();
        writer.process = query.text();
        if (stateOf(writer) == WriterState::Gone) orphans.push_back(row);
    }
}

Result<bool> markLost(Database& database, ConfigCache& configs, std::int64_t row) {
    Statement pid(database, "SELECT writer_pid FROM run WHERE id = ?", row);
    RINGSCOPE_CHECK(pid.next());
    Statement query(database, runRowColumns() + " FROM run WHERE id = ?", row);
    RINGSCOPE_TRY(std::vector<RunRow> rows, readRunRows(query));
    if (rows.empty() || isFinal(rows.front().run.status)) return false;

    RunRecord run = std::move(rows.front().run);
    run.summary.reset();
    const Result<RunConfig> config = configs.find(database, rows.front().config);
    if (config.ok()) run.config = *config;  // how many steps were warm-up
    RINGSCOPE_TRY(run.steps, readSteps(database, row));
    RINGSCOPE_TRY(run.rankRecords, readRanks(database, row));
    RINGSCOPE_TRY(run.endedUs, timeOfLastEntry(database, row));
    run.status = RunStatus::Lost;
    run.statusReason =
        "the program that controlled it (process " + std::to_string(pid.integer()) + ") is gone";
    RINGSCOPE_CHECK(updateRun(database, row, run, {Part::Life, Part::Figures}));
    RINGSCOPE_CHECK(writeEvent(database, row, run));
    return true;
}

}  // namespace ringscope::store
