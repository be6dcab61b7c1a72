// The results, in one SQLite file. The only sqlite3 in the tree.
//
// A Store is one connection, used by one thread. A writer holds the file's write lock only inside
// a transaction; readers in other programs (the window) see each run as it goes on. A file that is
// empty of our application_id is never written to: a foreign, truncated or newer file is refused
// with a sentence and stays as it is.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "backend/run/run_sink.h"

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
    std::vector<std::string> statuses;  // names; empty: all
    std::string mode;                   // empty: all
    std::string experiment;             // name or id; empty: all
    bool references = true;             // include runs started only as a reference
    std::int64_t limit = 0;             // newest first; 0: all
};

class Store final : public RunSink {
public:
    enum class Access { ReadWrite, ReadOnly };

    // ReadWrite creates the file and its folder where there is none, and upgrades an older schema
    // after a backup beside it. ReadOnly answers NotFound where there is none.
    static Result<std::unique_ptr<Store>> open(const std::filesystem::path& path, Access access);
    ~Store() override;

    const std::filesystem::path& path() const;

    // --- RunSink: one transaction a call
    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& run) override;
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& run, int rank, std::string_view line) override;

    Result<void> saveParity(const RunRecord& run);

    // --- reading. Lists leave out steps and ranks (their figures come from the summary columns);
    // load() has everything.
    Result<std::vector<RunRecord>> list(const RunFilter& filter);
    Result<RunRecord> load(const RunId& id);

    // A user's word for runs: id or its prefix, name, experiment name, "@last" (the newest
    // experiment's runs), "@last-run". NotFound names the nearest; an ambiguous prefix is refused.
    Result<std::vector<RunId>> select(std::string_view selector);

    std::optional<RunRecord> newestReference(const std::string& computation);
    Result<std::vector<std::string>> logLines(const RunId& id, std::int64_t last);

    // Runs whose program is gone (same host, pid not alive) are marked lost.
    Result<int> markLostRuns();

    // Changes whenever any connection, also another program's, has committed.
    Result<std::int64_t> dataVersion();

private:
    struct Connection;
    explicit Store(std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> connection_;
};

}  // namespace ringscope
