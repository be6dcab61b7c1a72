#include "backend/store/lost_runs.h"

#include "backend/core/units.h"
#include "backend/store/statement.h"
#include "backend/store/store.h"

#include <fmt/format.h>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

namespace ringscope::store {
namespace {

using std::chrono::microseconds;

// How long a program that cannot be looked for may be silent.
constexpr microseconds silenceOfSigns = 10 * betweenSignsOfLife;
// One of before schema 6, which gives no signs between its steps.
constexpr microseconds silenceOfSteps = std::chrono::hours(1);

// What is known of an unfinished run's program.
struct Controller {
    std::int64_t row = 0;
    std::string id;
    std::string name;
    Writer writer;
    std::int64_t lastSignUs = 0;
    bool givesSigns = false;

    WriterState state() const { return stateOf(writer); }
    microseconds silence() const { return microseconds(utcMicroseconds() - lastSignUs); }
    std::string process() const { return "process " + std::to_string(writer.pid); }
};

std::string utcTime(std::int64_t us) {
    const std::time_t seconds = us / 1'000'000;
    std::tm time{};
    ::gmtime_r(&seconds, &time);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", time.tm_year + 1900,
                       time.tm_mon + 1, time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec);
}

Result<std::vector<Controller>> unfinishedRuns(Database& database,
                                               std::optional<std::int64_t> row) {
    Statement query(
        database,
        "SELECT id, uuid, name, writer_host, writer_pid, writer_process, alive_us > 0, "
        "max(alive_us,"
        " coalesce((SELECT recorded_us FROM run_step WHERE run = run.id ORDER BY step DESC LIMIT "
        "1),"
        " 0), coalesce((SELECT max(at_us) FROM event WHERE run = run.id), 0)) FROM run WHERE "
        "status IN ('queued', 'starting', 'running', 'stopping') AND (?1 IS NULL OR id = ?1)",
        row);
    std::vector<Controller> runs;
    for (;;) {
        RINGSCOPE_TRY(const bool found, query.next());
        if (!found) return runs;
        Controller& run = runs.emplace_back();
        run.row = query.integer();
        run.id = query.text();
        run.name = query.text();
        run.writer.host = query.text();
        run.writer.pid = query.integer();
        run.writer.process = query.text();
        run.givesSigns = query.flag();
        run.lastSignUs = query.integer();
    }
}

LostRun gone(const Controller& run) {
    return {.row = run.row,
            .reason = "the program that controlled it (" + run.process() + ") is gone",
            .lastSignUs = run.lastSignUs,
            .certain = true};
}

LostRun silent(const Controller& run) {
    return {.row = run.row,
            .reason = fmt::format("no sign of life since {} from the program that controlled it "
                                  "({} on {}, which cannot be looked for from here)",
                                  utcTime(run.lastSignUs), run.process(), run.writer.host),
            .lastSignUs = run.lastSignUs};
}

}  // namespace

Result<std::vector<LostRun>> lostRuns(Database& database, std::optional<std::int64_t> row) {
    RINGSCOPE_TRY(const std::vector<Controller> runs, unfinishedRuns(database, row));
    std::vector<LostRun> lost;
    for (const Controller& run : runs) {
        const WriterState state = run.state();
        const microseconds patience = run.givesSigns ? silenceOfSigns : silenceOfSteps;
        if (state == WriterState::Gone)
            lost.push_back(gone(run));
        else if (state == WriterState::Unknown && run.silence() > patience)
            lost.push_back(silent(run));
    }
    return lost;
}

void showLost(RunRecord& run, const LostRun& lost) {
    run.status = RunStatus::Lost;
    run.statusReason = lost.reason;
    run.endedUs = lost.lastSignUs;
}

Result<bool> markLost(Database& database, ConfigCache& configs, const LostRun& lost) {
    Statement query(database, runRowColumns() + " FROM run WHERE id = ?", lost.row);
    RINGSCOPE_TRY(std::vector<RunRow> rows, readRunRows(query));
    if (rows.empty() || isFinal(rows.front().run.status)) return false;

    RunRecord run = std::move(rows.front().run);
    run.summary.reset();
    const Result<RunConfig> config = configs.find(database, rows.front().config);
    if (config.ok()) run.config = *config;  // how many steps were warm-up
    RINGSCOPE_TRY(run.steps, readSteps(database, lost.row));
    RINGSCOPE_TRY(run.rankRecords, readRanks(database, lost.row));
    showLost(run, lost);
    RINGSCOPE_CHECK(updateRun(database, lost.row, run, {Part::Life, Part::Figures}));
    RINGSCOPE_CHECK(writeEvent(database, lost.row, run));
    return true;
}

Result<void> markLostByUser(Database& database, ConfigCache& configs, std::int64_t row) {
    RINGSCOPE_TRY(const std::vector<Controller> unfinished, unfinishedRuns(database, row));
    if (unfinished.empty()) {
        Statement query(database, "SELECT uuid, name, status FROM run WHERE id = ?", row);
        RINGSCOPE_CHECK(query.next());
        const std::string id = query.text().substr(0, 8);
        const std::string name = query.text();
        const std::string status = query.text();
        if (status == statusName(RunStatus::Lost)) return {};
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("run {} ({}) has ended: {}", id, name, status)};
    }
    const Controller& run = unfinished.front();
    const std::string named = fmt::format("run {} ({})", run.id.substr(0, 8), run.name);
    const WriterState state = run.state();
    if (state == WriterState::Alive)
        return Error{ErrorCode::Unavailable,
                     fmt::format("{} goes on: {} controls it; stop it with: kill -INT {}", named,
                                 run.process(), run.writer.pid)};
    if (state == WriterState::Unknown && run.silence() <= silenceOfSigns)
        return Error{
            ErrorCode::Unavailable,
            fmt::format("{} may go on: the program that controls it ({} on {}) gave a sign of "
                        "life {} ago; stop it there, or wait until {} without one have passed",
                        named, run.process(), run.writer.host, formatDuration(run.silence()),
                        formatDuration(silenceOfSigns))};
    const LostRun lost = state == WriterState::Gone ? gone(run) : silent(run);
    RINGSCOPE_CHECK(markLost(database, configs, lost));
    return {};
}

Result<void> writeSignOfLife(Database& database, const std::vector<RunId>& runs) {
    nlohmann::json ids = nlohmann::json::array();
    for (const RunId& run : runs) ids.push_back(run.text);
    return Statement(database,
                     "UPDATE run SET alive_us = ? WHERE uuid IN (SELECT value FROM json_each(?)) "
                     "AND status IN ('queued', 'starting', 'running', 'stopping')",
                     utcMicroseconds(), ids.dump())
        .finish();
}

}  // namespace ringscope::store
