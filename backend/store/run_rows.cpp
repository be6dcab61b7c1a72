#include "backend/store/run_rows.h"

#include "backend/config/experiment.h"
#include "backend/core/units.h"

#include <utility>

namespace ringscope::store {
namespace {

Result<std::int64_t> configRow(Database& database, const RunConfig& config) {
    const std::string yaml = toYaml(config);
    Statement insert(database, "INSERT INTO config (yaml) VALUES (?) ON CONFLICT (yaml) DO NOTHING",
                     yaml);
    RINGSCOPE_CHECK(insert.finish());
    Statement query(database, "SELECT id FROM config WHERE yaml = ?", yaml);
    RINGSCOPE_CHECK(query.next());
    return query.integer();
}

Result<RunConfig> parseConfig(const std::string& yaml) {
    ExperimentReading reading = readExperiment(
        {.fileName = "stored configuration", .fileText = yaml, .environment = {}, .overrides = {}});
    if (!reading.ok())
        return Error{ErrorCode::Corrupt,
                     "its stored configuration cannot be read: " + reading.problems.front().text()};
    return std::move(reading.experiment.base);
}

}  // namespace

Result<std::int64_t> rowOf(Database& database, const RunId& id) {
    Statement query(database, "SELECT id FROM run WHERE uuid = ?", id.text);
    RINGSCOPE_TRY(const bool found, query.next());
    if (!found)
        return Error{ErrorCode::NotFound,
                     "run '" + id.text + "' is not in '" + database.path().string() + "'"};
    return query.integer();
}

Result<std::int64_t> insertRun(Database& database, const RunRecord& run, const Writer& writer) {
    RINGSCOPE_TRY(const std::int64_t config, configRow(database, run.config));
    const std::string sql = "INSERT INTO run (config, writer_host, writer_pid, writer_process, " +
                            columnNames(allParts) + ") VALUES (?, ?, ?, ?, " +
                            columnMarks(allParts) + ") RETURNING id";
    Statement insert(database, sql, config, writer.host, writer.pid, writer.process);
    bindColumns(insert, run, allParts);
    RINGSCOPE_CHECK(insert.next());
    const std::int64_t row = insert.integer();
    RINGSCOPE_CHECK(insert.finish());
    return row;
}

Result<void> updateRun(Database& database, std::int64_t row, const RunRecord& run,
                       std::initializer_list<Part> parts) {
    const std::string sql =
        "UPDATE run SET (" + columnNames(parts) + ") = (" + columnMarks(parts) + ") WHERE id = ?";
    Statement update(database, sql);
    bindColumns(update, run, parts);
    update.bind(row);
    return update.finish();
}

Result<void> writeStep(Database& database, std::int64_t row, const StepRecord& step) {
    Statement insert(database,
                     "INSERT INTO run_step (run, step, loss, loss_special, grad_norm, "
                     "grad_norm_special, duration_ns, tokens, recorded_us) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                     "ON CONFLICT (run, step) DO UPDATE SET loss = excluded.loss, "
                     "loss_special = excluded.loss_special, grad_norm = excluded.grad_norm, "
                     "grad_norm_special = excluded.grad_norm_special, "
                     "duration_ns = excluded.duration_ns, tokens = excluded.tokens",
                     row, step.step);
    insert.bindAnyReal(step.loss);
    insert.bindAnyReal(step.gradNorm);
    insert.bind(step.duration.count());
    insert.bind(step.tokens);
    insert.bind(utcMicroseconds());
    return insert.finish();
}

Result<void> writeRank(Database& database, std::int64_t row, const RankRecord& rank) {
    return Statement(database,
                     "INSERT OR REPLACE INTO run_rank (run, rank, host, pid, peak_bytes, "
                     "attention_bytes, gradient_bytes, expert_bytes, exit_code, ended_by) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     row, rank.rank, rank.host, rank.pid, rank.peakMemory.count,
                     rank.attentionBytesPerStep.count, rank.gradientBytesPerStep.count,
                     rank.expertBytesPerStep.count, rank.exitCode, rank.endedBy)
        .finish();
}

Result<void> writeEvent(Database& database, std::int64_t row, const RunRecord& run) {
    Statement last(database,
                   "SELECT status, reason FROM event WHERE run = ? ORDER BY id DESC LIMIT 1", row);
    RINGSCOPE_TRY(const bool found, last.next());
    if (found && last.text() == statusName(run.status) && last.text() == run.statusReason)
        return {};
    return Statement(database, "INSERT INTO event (run, at_us, status, reason) VALUES (?, ?, ?, ?)",
                     row, utcMicroseconds(), statusName(run.status), run.statusReason)
        .finish();
}

Result<std::vector<StepRecord>> readSteps(Database& database, std::int64_t row) {
    Statement query(database,
                    "SELECT step, loss, loss_special, grad_norm, grad_norm_special, duration_ns, "
                    "tokens FROM run_step WHERE run = ? ORDER BY step",
                    row);
    std::vector<StepRecord> steps;
    for (;;) {
        RINGSCOPE_TRY(const bool found, query.next());
        if (!found) return steps;
        StepRecord& step = steps.emplace_back();
        step.step = query.integer();
        step.loss = query.anyReal();
        step.gradNorm = query.anyReal();
        step.duration = Nanos(query.integer());
        step.tokens = query.integer();
    }
}

Result<std::vector<RankRecord>> readRanks(Database& database, std::int64_t row) {
    Statement query(database,
                    "SELECT rank, host, pid, peak_bytes, attention_bytes, gradient_bytes, "
                    "expert_bytes, exit_code, ended_by FROM run_rank WHERE run = ? ORDER BY rank",
                    row);
    std::vector<RankRecord> ranks;
    for (;;) {
        RINGSCOPE_TRY(const bool found, query.next());
        if (!found) return ranks;
        RankRecord& rank = ranks.emplace_back();
        rank.rank = static_cast<int>(query.integer());
        rank.host = query.text();
        rank.pid = query.integer();
        rank.peakMemory = {query.integer()};
        rank.attentionBytesPerStep = {query.integer()};
        rank.gradientBytesPerStep = {query.integer()};
        rank.expertBytesPerStep = {query.integer()};
        if (const auto code = query.integerIfAny()) rank.exitCode = static_cast<int>(*code);
        rank.endedBy = query.text();
    }
}

Result<RunConfig> ConfigCache::find(Database& database, std::int64_t id) {
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    Statement query(database, "SELECT yaml FROM config WHERE id = ?", id);
    RINGSCOPE_CHECK(query.next());
    RINGSCOPE_TRY(RunConfig config, parseConfig(query.text()));
    return known_.emplace(id, std::move(config)).first->second;
}

std::string runRowColumns() { return "SELECT id, config, " + columnNames(allParts); }

RunRow readRunRow(Statement& statement) {
    RunRow row;
    row.row = statement.integer();
    row.config = statement.integer();
    row.run = readColumns(statement);
    return row;
}

Result<std::vector<RunRow>> readRunRows(Statement& statement) {
    std::vector<RunRow> rows;
    for (;;) {
        RINGSCOPE_TRY(const bool found, statement.next());
        if (!found) return rows;
        rows.push_back(readRunRow(statement));
    }
}

}  // namespace ringscope::store
