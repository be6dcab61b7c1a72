// The results, in one SQLite file. The only sqlite3 in the tree.
//
// A Store is one connection, used by one thread. A writer holds the file's write lock only inside
// a transaction, so readers in other programs (the window) see each run while it goes on. A file
// without Ringscope's application_id is never written to: a foreign, truncated or newer file is
// refused with a sentence, stays unchanged, and nothing is left beside it.
//
// Every call fails with Corrupt if the file is no store or is damaged, and with Unavailable if it
// is locked, newer than this program, or may not be read or written by this user.
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

// $RINGSCOPE_DB, else .ringscope/ringscope.db in the working folder or one above it, where folder
// and file are the user's own, else ringscope.db in the data directory.
std::filesystem::path defaultStorePath();

struct RunFilter {
    std::vector<std::string> statuses{};  // names; empty: all
    std::string mode{};                   // empty: all
    std::string experiment{};             // name or id; empty: all
    bool references = true;               // include runs that were started only as a reference
    std::int64_t limit = 0;               // this many, newest first; 0: all
};

class Store final : public RunSink {
public:
    enum class Access { ReadWrite, ReadOnly };

    // ReadWrite creates the file and its folder if there is none, and upgrades an older schema
    // after making a backup beside it. ReadOnly fails with NotFound if there is no file, and with
    // Unavailable for an older schema. `patience`: how long a call waits for another program's
    // lock.
    static Result<std::unique_ptr<Store>> open(
        const std::filesystem::path& path, Access access,
        std::chrono::milliseconds patience = std::chrono::seconds(5));
    ~Store() override;

    const std::filesystem::path& path() const;

    // A sentence to show if results are at risk, because the file is on a network file system; else
    // empty.
    std::string caution() const;

    // --- RunSink: each call is one transaction. ended() also stores the record's steps and ranks
    // that step() was not called for. Of a run's log lines the first and the last few thousand are
    // kept.
    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& run) override;
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& run, int rank, std::string_view line) override;

    Result<void> saveParity(const RunRecord& run);

    // --- reading. list() returns runs with a summary instead of steps and ranks, newest first; a
    // run whose configuration this program cannot read is listed with a note. load() returns
    // everything, or fails with Corrupt.
    Result<std::vector<RunRecord>> list(const RunFilter& filter);
    Result<RunRecord> load(const RunId& id);

    // The runs a user names: by id or its prefix, name, experiment name or id, "@last" (the newest
    // experiment's runs) or "@last-run". Of a name that several experiments used, the newest one's
    // runs; of an experiment, not those started only as a reference. In the order they were
    // created. Fails with NotFound, and suggests the nearest name, or lists the runs an ambiguous
    // prefix fits.
    Result<std::vector<RunId>> select(std::string_view selector);

    // The newest finished unsharded run of this computation, with its steps.
    std::optional<RunRecord> newestReference(const std::string& computation);

    // The last lines, each after its source ("rank 1: …"); all that were kept if `last` is not
    // positive. Where lines were dropped, a line says how many.
    Result<std::vector<std::string>> logLines(const RunId& id, std::int64_t last);

    // Marks runs lost whose program was on this host and is gone, and returns how many. Takes no
    // write lock if there are none.
    Result<int> markLostRuns();

    // Changes whenever any connection, also of another program, has committed.
    Result<std::int64_t> dataVersion();

private:
    struct Connection;
    explicit Store(std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> connection_;
};

}  // namespace ringscope
