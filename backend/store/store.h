// The results, in one SQLite file. The only sqlite3 in the tree.
//
// A Store is one connection, used by one thread. A writer holds the file's write lock only inside
// a transaction; readers in other programs (the window) see each run as it goes on. A file that is
// empty of our application_id is never written to: a foreign, truncated or newer file is refused
// with a sentence and stays as it is, with nothing left beside it.
//
// Errors of every call: Corrupt where the file is no store or is damaged, Unavailable where it is
// locked, newer than this program, or not to be read or written by this user.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "backend/run/run_sink.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// --db, else $RINGSCOPE_DB, else ./.ringscope/ringscope.db found upward, else the data directory.
std::filesystem::path defaultStorePath();

struct RunFilter {
    std::vector<std::string> statuses{};  // names; empty: all
    std::string mode{};                   // empty: all
    std::string experiment{};             // name or id; empty: all
    bool references = true;               // include runs started only as a reference
    std::int64_t limit = 0;               // newest first; 0: all
};

class Store final : public RunSink {
public:
    enum class Access { ReadWrite, ReadOnly };

    // ReadWrite creates the file and its folder where there is none, and upgrades an older schema
    // after a backup beside it. ReadOnly answers NotFound where there is none, and refuses an older
    // schema. `patience` is how long a call waits for another program's lock.
    static Result<std::unique_ptr<Store>> open(
        const std::filesystem::path& path, Access access,
        std::chrono::milliseconds patience = std::chrono::seconds(5));
    ~Store() override;

    const std::filesystem::path& path() const;

    // A sentence worth showing where results are at risk: the file is on a network file system.
    // Empty where all is well.
    std::string caution() const;

    // --- RunSink: one transaction a call. ended() leaves the record's steps and ranks in the
    // store, also those it was not told of one by one. Of a run's log lines the first and the last
    // few thousand are kept.
    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& run) override;
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& run, int rank, std::string_view line) override;

    Result<void> saveParity(const RunRecord& run);

    // --- reading. Lists leave out steps and ranks and have a summary instead; a run whose
    // configuration this program does not understand is listed with a note. load() has everything
    // or answers Corrupt.
    Result<std::vector<RunRecord>> list(const RunFilter& filter);
    Result<RunRecord> load(const RunId& id);

    // A user's word for runs: id or its prefix, name, experiment name or id, "@last" (the newest
    // experiment's runs), "@last-run". Where a name was used by several sessions, the newest one's
    // runs; an experiment's without those started only as a reference. In the order they were
    // created. NotFound names the nearest, or the runs an ambiguous prefix may mean.
    Result<std::vector<RunId>> select(std::string_view selector);

    // The newest finished unsharded run of this computation, with its steps.
    std::optional<RunRecord> newestReference(const std::string& computation);

    // The last lines, each behind its source ("rank 1: …"); all that were kept where `last` is not
    // positive. A line says how many were dropped where some were.
    Result<std::vector<std::string>> logLines(const RunId& id, std::int64_t last);

    // Runs whose program is gone (same host, its process no longer there) are marked lost; the
    // answer is how many. Takes no write lock where there are none.
    Result<int> markLostRuns();

    // Changes whenever any connection, also another program's, has committed.
    Result<std::int64_t> dataVersion();

private:
    struct Connection;
    explicit Store(std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> connection_;
};

}  // namespace ringscope
