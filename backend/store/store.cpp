#include "backend/store/store.h"

#include "backend/core/text.h"
#include "backend/run/run_summary.h"
#include "backend/store/database.h"
#include "backend/store/detail_rows.h"
#include "backend/store/file_system.h"
#include "backend/store/log_lines.h"
#include "backend/store/lost_runs.h"
#include "backend/store/run_files.h"
#include "backend/store/run_rows.h"
#include "backend/store/schema.h"
#include "backend/store/selector.h"
#include "backend/store/statement.h"
#include "backend/store/store_file.h"
#include "backend/store/user_rows.h"
#include "backend/store/writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace ringscope {
namespace fs = std::filesystem;
using store::Database;
using store::Part;
using store::RunRow;
using store::Statement;
using store::Transaction;

struct Store::Connection {
    Database database;
    store::Writer writer = store::currentWriter();
    store::ConfigCache configs{};
    std::int64_t commits = 0;  // our own, which SQLite's data_version leaves out
    std::optional<std::pair<std::int64_t, bool>> damaged{};  // at which version, and whether

    // Runs `change` in a transaction, which is rolled back if `change` fails.
    template <typename Change>
    Result<void> write(Change change) {
        RINGSCOPE_TRY(Transaction transaction, Transaction::write(database));
        RINGSCOPE_CHECK(change());
        RINGSCOPE_CHECK(transaction.commit());
        ++commits;
        return {};
    }
    // Changes with each commit of any connection; only grows.
    Result<std::int64_t> version() {
        RINGSCOPE_TRY(const std::int64_t others, database.number("PRAGMA data_version"));
        return others + commits;
    }
    Result<RunRecord> complete(RunRow row);
    Result<void> addEarlier(RunRecord& run);
    Result<RunRecord> listed(RunRow row, const std::vector<store::LostRun>& lost);
};

namespace {

Result<void> configure(Database& database, std::chrono::milliseconds patience) {
    database.setPatience(patience);
    return database.run(
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
        "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
        "PRAGMA journal_size_limit = 67108864");
}

Error olderSchema(const fs::path& path, std::int64_t schema, int known) {
    return {ErrorCode::Unavailable, "'" + path.string() + "' is of an older Ringscope (schema " +
                                        std::to_string(schema) + ", this one reads " +
                                        std::to_string(known) +
                                        "); `ringscope db upgrade` makes it new, after a backup"};
}

Result<void> bringToSchema(Database& database, Store::Access access) {
    RINGSCOPE_TRY(const std::int64_t schema, database.number("PRAGMA user_version"));
    const int known = store::knownSchema(store::migrationTable());
    if (schema > known) return store::newerSchema(database.path(), schema);
    if (schema == known) return {};
    if (schema > 0) RINGSCOPE_CHECK(store::checkTables(database));  // else it is no store
    if (access == Store::Access::ReadOnly) return olderSchema(database.path(), schema, known);
    RINGSCOPE_CHECK(store::upgrade(database, store::migrationTable()));
    return {};
}

Result<void> checkStatuses(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        if (statusFromName(name)) continue;
        std::vector<std::string> known;
        for (const RunStatus status : allStatuses()) known.emplace_back(statusName(status));
        const std::optional<std::string> nearest = nearestWord(name, known);
        return Error{ErrorCode::InvalidConfig,
                     "there is no run state '" + name + "'" +
                         (nearest ? "; did you mean '" + *nearest + "'?"
                                  : "; the states are " + join(known, ", "))};
    }
    return {};
}

}  // namespace

// --- opening ---------------------------------------------------------------------------------

Result<std::unique_ptr<Store>> Store::open(const fs::path& path, Access access,
                                           std::chrono::milliseconds patience) {
    const fs::path file = store::realPath(path);
    std::error_code unreadable;
    if (fs::status(file, unreadable).type() == fs::file_type::not_found) {
        if (access == Access::ReadOnly)
            return Error{ErrorCode::NotFound, "there is no store at '" + file.string() +
                                                  "' yet; `ringscope demo` makes one"};
        RINGSCOPE_CHECK(store::createStoreFile(file));
    }
    RINGSCOPE_CHECK(store::checkStoreFile(file));
    if (access == Access::ReadWrite) RINGSCOPE_CHECK(store::checkWritable(file));
    RINGSCOPE_TRY(Database database, access == Access::ReadWrite
                                         ? Database::open(file, Database::Mode::ReadWrite)
                                         : store::openForReading(file));
    RINGSCOPE_CHECK(configure(database, patience));
    RINGSCOPE_CHECK(store::refuseForeignCode(database));
    RINGSCOPE_CHECK(bringToSchema(database, access));
    RINGSCOPE_CHECK(store::checkTables(database));
    return std::unique_ptr<Store>(
        new Store(std::make_unique<Connection>(Connection{std::move(database)})));
}

Store::Store(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Store::~Store() = default;

const fs::path& Store::path() const { return connection_->database.path(); }

std::string Store::caution() const {
    const std::string_view shared = store::networkFileSystem(path());
    if (shared.empty()) return {};
    return "'" + path().string() + "' is on a network file system (" + std::string(shared) +
           "), where locks are unreliable: use it from one host at a time, or name a "
           "local file with --db";
}

// --- writing ---------------------------------------------------------------------------------

Result<void> Store::created(const RunRecord& run) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        RINGSCOPE_TRY(const std::int64_t row, store::insertRun(database, run, connection_->writer));
        RINGSCOPE_CHECK(store::writeTags(database, row, run.tags));
        return store::writeEvent(database, row, run);
    });
}

Result<void> Store::changed(const RunRecord& run) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, run.id));
        RINGSCOPE_CHECK(store::updateRun(database, row, run, {Part::Life}));
        RINGSCOPE_CHECK(store::writeHosts(database, row, run.environment.hosts));
        return store::writeEvent(database, row, run);
    });
}

Result<void> Store::step(const RunRecord& run, const StepRecord& step) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, run.id));
        return store::writeStep(database, row, step);
    });
}

Result<void> Store::routing(const RunRecord& run, const RoutingRecord& routing) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, run.id));
        return store::writeRouting(database, row, routing);
    });
}

Result<void> Store::validation(const RunRecord& run, const ValidationRecord& validation) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, run.id));
        return store::writeValidation(database, row, validation);
    });
}

Result<void> Store::ended(const RunRecord& run) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, run.id));
        RINGSCOPE_CHECK(store::updateRun(database, row, run, {Part::Life, Part::Figures}));
        RINGSCOPE_CHECK(store::writeHosts(database, row, run.environment.hosts));
        if (run.parity) RINGSCOPE_CHECK(store::updateRun(database, row, run, {Part::Parity}));
        for (const StepRecord& step : run.steps)
            RINGSCOPE_CHECK(store::writeStep(database, row, step));
        for (const RankRecord& rank : run.rankRecords)
            RINGSCOPE_CHECK(store::writeRank(database, row, rank));
        for (const RoutingRecord& routing : run.routing)
            RINGSCOPE_CHECK(store::writeRouting(database, row, routing));
        for (const ValidationRecord& validation : run.validations)
            RINGSCOPE_CHECK(store::writeValidation(database, row, validation));
        return store::writeEvent(database, row, run);
    });
}

Result<void> Store::logLine(const RunRecord& run, int rank, std::string_view line) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, run.id));
        return store::writeLogLine(database, row, rank, line);
    });
}

Result<void> Store::saveParity(const RunRecord& run) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, run.id));
        return store::updateRun(database, row, run, {Part::Parity});
    });
}

Result<void> Store::signOfLife(const std::vector<RunId>& runs) {
    return connection_->write([&] { return store::writeSignOfLife(connection_->database, runs); });
}

Result<void> Store::change(const std::vector<RunId>& ids, const RunChange& change) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        for (const RunId& id : ids) {
            RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, id));
            RINGSCOPE_CHECK(store::changeByUser(database, row, change));
        }
        return {};
    });
}

Result<void> Store::remove(const std::vector<RunId>& ids) {
    Database& database = connection_->database;
    RINGSCOPE_CHECK(connection_->write([&]() -> Result<void> {
        for (const RunId& id : ids) {
            RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, id));
            RINGSCOPE_CHECK(store::removeRun(database, row));
        }
        return {};
    }));
    for (const RunId& id : ids) RINGSCOPE_CHECK(removeRunFiles(path(), id));
    return {};
}

Result<void> Store::markLost(const std::vector<RunId>& ids) {
    Database& database = connection_->database;
    return connection_->write([&]() -> Result<void> {
        for (const RunId& id : ids) {
            RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, id));
            RINGSCOPE_CHECK(store::markLostByUser(database, connection_->configs, row));
        }
        return {};
    });
}

// --- reading ---------------------------------------------------------------------------------

Result<RunRecord> Store::Connection::complete(RunRow row) {
    RunRecord run = std::move(row.run);
    Result<RunConfig> config = configs.find(database, row.config);
    if (!config.ok()) return std::move(config).error().in("run " + run.id.text);
    run.config = std::move(*config);
    RINGSCOPE_TRY(run.steps, store::readSteps(database, row.row));
    RINGSCOPE_TRY(run.rankRecords, store::readRanks(database, row.row));
    RINGSCOPE_TRY(run.routing, store::readRouting(database, row.row));
    RINGSCOPE_TRY(run.validations, store::readValidations(database, row.row));
    run.summary.reset();
    return run;
}

// From the last one back to the first; a file that somebody changed may have them in a circle.
Result<void> Store::Connection::addEarlier(RunRecord& run) {
    std::optional<Continuation> from = run.continues;
    while (from && from->run != run.id &&
           std::ranges::find(run.earlier, from->run, &EarlierRun::id) == run.earlier.end()) {
        Statement query(database, store::runRowColumns() + " FROM run WHERE uuid = ?",
                        from->run.text);
        RINGSCOPE_TRY(const std::vector<RunRow> rows, store::readRunRows(query));
        if (rows.empty()) return {};
        const RunRecord& found = rows.front().run;
        EarlierRun earlier{.id = found.id,
                           .mode = found.config.parallel.mode,
                           .ranks = found.ranks,
                           .startedUs = found.startedUs,
                           .endedUs = found.endedUs,
                           .lostSteps = found.lostSteps};
        RINGSCOPE_TRY(earlier.steps, store::readSteps(database, rows.front().row));
        RINGSCOPE_TRY(earlier.validations, store::readValidations(database, rows.front().row));
        const auto isBehind = [&](const auto& record) { return record.step >= from->step; };
        earlier.lostSteps += std::erase_if(earlier.steps, isBehind);
        std::erase_if(earlier.validations, isBehind);
        run.earlier.insert(run.earlier.begin(), std::move(earlier));
        from = found.continues;
    }
    return {};
}

Result<RunRecord> Store::Connection::listed(RunRow row, const std::vector<store::LostRun>& lost) {
    RunRecord run = std::move(row.run);
    Result<RunConfig> config = configs.find(database, row.config);
    if (config.ok())
        run.config = std::move(*config);
    else if (config.error().code == ErrorCode::Corrupt)
        run.notes.push_back(config.error().message);
    else
        return std::move(config).error();
    if (isFinal(run.status)) return run;
    RunRecord live = run;
    live.summary.reset();
    RINGSCOPE_TRY(live.steps, store::readSteps(database, row.row));
    RINGSCOPE_TRY(live.rankRecords, store::readRanks(database, row.row));
    run.summary = summaryOf(live);
    const auto one = std::ranges::find(lost, row.row, &store::LostRun::row);
    if (one != lost.end()) store::showLost(run, *one);
    return run;
}

Result<std::vector<RunRecord>> Store::list(const RunFilter& filter) {
    RINGSCOPE_CHECK(checkStatuses(filter.statuses));
    RINGSCOPE_TRY(const Transaction snapshot, Transaction::read(connection_->database));
    const std::string statuses = nlohmann::json(filter.statuses).dump();
    constexpr std::int64_t all = -1;
    RINGSCOPE_TRY(const std::vector<store::LostRun> lost, store::lostRuns(connection_->database));
    nlohmann::json lostRows = nlohmann::json::array();
    for (const store::LostRun& run : lost) lostRows.push_back(run.row);
    Statement query(connection_->database,
                    store::runRowColumns() +
                        " FROM run WHERE (?1 = '[]' OR CASE WHEN id IN (SELECT value FROM "
                        "json_each(?7)) THEN 'lost' ELSE status END IN "
                        "(SELECT value FROM json_each(?1))) AND (?2 = '' OR mode = ?2)"
                        " AND (?3 = '' OR experiment = ?3 OR experiment_id = ?3)"
                        " AND (?4 OR reference = 0) AND (?5 OR archived_us = 0)"
                        " ORDER BY created_us DESC, id DESC LIMIT ?6",
                    statuses, filter.mode, filter.experiment, filter.references, filter.archived,
                    filter.limit > 0 ? filter.limit : all, lostRows.dump());
    RINGSCOPE_TRY(std::vector<RunRow> rows, store::readRunRows(query));
    RINGSCOPE_CHECK(store::addDetails(connection_->database, rows));
    RINGSCOPE_CHECK(store::addSummaries(connection_->database, rows));
    std::vector<RunRecord> runs;
    runs.reserve(rows.size());
    for (RunRow& row : rows) {
        RINGSCOPE_TRY(RunRecord run, connection_->listed(std::move(row), lost));
        runs.push_back(std::move(run));
    }
    return runs;
}

Result<RunRecord> Store::load(const RunId& id) {
    Database& database = connection_->database;
    RINGSCOPE_TRY(const Transaction snapshot, Transaction::read(database));
    RINGSCOPE_TRY(const std::int64_t row, store::rowOf(database, id));
    Statement query(database, store::runRowColumns() + " FROM run WHERE id = ?", row);
    RINGSCOPE_TRY(std::vector<RunRow> rows, store::readRunRows(query));
    RINGSCOPE_CHECK(store::addDetails(database, rows));
    RINGSCOPE_TRY(RunRecord run, connection_->complete(std::move(rows.at(0))));
    RINGSCOPE_TRY(const std::vector<store::LostRun> lost, store::lostRuns(database, row));
    if (!lost.empty()) store::showLost(run, lost.front());
    RINGSCOPE_CHECK(connection_->addEarlier(run));
    return run;
}

Result<Selection> Store::select(std::string_view selector, RunNeed need) {
    RINGSCOPE_TRY(const Transaction snapshot, Transaction::read(connection_->database));
    return store::selectRuns(connection_->database, selector, need);
}

std::optional<RunRecord> Store::newestReference(const std::string& computation) {
    const Result<Transaction> snapshot = Transaction::read(connection_->database);
    if (!snapshot.ok()) return std::nullopt;
    Statement query(connection_->database,
                    store::runRowColumns() +
                        " FROM run WHERE computation = ? AND mode = 'none' AND "
                        "status = 'finished' ORDER BY created_us DESC, id DESC LIMIT 1",
                    computation);
    Result<std::vector<RunRow>> rows = store::readRunRows(query);
    if (!rows.ok() || rows->empty()) return std::nullopt;
    Result<RunRecord> run = connection_->complete(std::move(rows->front()));
    if (!run.ok()) return std::nullopt;
    return std::move(*run);
}

Result<std::vector<LogLine>> Store::log(const RunId& id, const LogRequest& request) {
    RINGSCOPE_TRY(const Transaction snapshot, Transaction::read(connection_->database));
    RINGSCOPE_TRY(const std::int64_t row, store::rowOf(connection_->database, id));
    return store::readLog(connection_->database, row, request);
}

Result<std::vector<std::string>> Store::damage() {
    std::vector<std::string> problems;
    Statement integrity(connection_->database, "PRAGMA integrity_check(20)");
    for (;;) {
        RINGSCOPE_TRY(const bool found, integrity.next());
        if (!found) break;
        if (std::string problem = integrity.text(); problem != "ok")
            problems.push_back(std::move(problem));
    }
    Statement keys(connection_->database, "PRAGMA foreign_key_check");
    for (;;) {
        RINGSCOPE_TRY(const bool found, keys.next());
        if (!found) return problems;
        const std::string table = keys.text();
        keys.skip(1);
        problems.push_back("a row of " + table + " belongs to no row of " + keys.text());
    }
}

Result<bool> Store::isDamaged() {
    Database& database = connection_->database;
    RINGSCOPE_TRY(const std::int64_t version, connection_->version());
    std::optional<std::pair<std::int64_t, bool>>& known = connection_->damaged;
    if (known && known->first == version) return known->second;
    constexpr std::uintmax_t large = 64 << 20;
    std::error_code unknown;
    const bool whole = fs::file_size(path(), unknown) <= large;
    const Result<std::string> first =
        database.text(whole ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)");
    if (!first.ok() && first.error().code != ErrorCode::Corrupt) return first.error();
    bool damaged = !first.ok() || *first != "ok";
    if (!damaged) {
        RINGSCOPE_TRY(const std::string table, database.text("PRAGMA foreign_key_check"));
        damaged = !table.empty();
    }
    known.emplace(version, damaged);
    return damaged;
}

Result<std::int64_t> Store::dataVersion() {
    Database& database = connection_->database;
    RINGSCOPE_TRY(const std::int64_t version, connection_->version());
    RINGSCOPE_TRY(const std::vector<store::LostRun> lost, store::lostRuns(database));
    constexpr std::int64_t mostRuns = 1 << 20;  // the commits only grow
    return version * mostRuns + std::min(std::ssize(lost), mostRuns - 1);
}

Result<int> Store::markLostRuns() {
    Database& database = connection_->database;
    RINGSCOPE_TRY(const std::vector<store::LostRun> lost, store::lostRuns(database));
    int marked = 0;
    for (const store::LostRun& run : lost) {
        if (!run.certain) continue;
        RINGSCOPE_CHECK(connection_->write([&]() -> Result<void> {
            RINGSCOPE_TRY(const bool written, store::markLost(database, connection_->configs, run));
            if (written) ++marked;
            return {};
        }));
    }
    return marked;
}

}  // namespace ringscope
