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
    bool archived = false;                // include archived runs
    std::int64_t limit = 0;               // this many, newest first; 0: all
};

// How often the program that controls runs must say that it lives (Store::signOfLife).
inline constexpr std::chrono::seconds betweenSignsOfLife{5};

// What runs must have to answer a question.
enum class RunNeed : std::uint8_t { Any, Finished, Trace };

// What a user changes about a run; what is not set stays as it is.
struct RunChange {
    std::optional<std::string> name{};
    std::optional<std::string> note{};  // empty: none
    std::optional<bool> pinned{};
    std::optional<bool> archived{};
    std::vector<std::string> addTags{};
    std::vector<std::string> removeTags{};
};

// One line that a rank or the agent printed.
struct LogLine {
    std::int64_t number = 0;  // 0-based, as told; a jump says that lines in between were dropped
    int rank = 0;             // -1: the agent
    std::int64_t atUs = 0;    // UTC, microseconds
    std::string text;
};

struct LogRequest {
    std::optional<int> rank{};  // only this rank's; -1: the agent's
    std::int64_t after = -1;    // only lines with a larger number
    std::int64_t last = 0;      // only so many of the last ones; 0: all
};

struct Selection {
    std::vector<RunId> runs;
    std::string note{};  // one sentence where these are not the newest of that name; says why
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

    // --- RunSink: each call is one transaction. ended() also stores the record's steps, ranks,
    // routing and validations that no call was made for. Of a run's log lines the first and the
    // last few thousand are kept.
    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& run) override;
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> routing(const RunRecord& run, const RoutingRecord& routing) override;
    Result<void> validation(const RunRecord& run, const ValidationRecord& validation) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& run, int rank, std::string_view line) override;

    Result<void> saveParity(const RunRecord& run);

    // The program that controls these runs lives. Readers elsewhere take a run for lost that has
    // given no sign for ten times `betweenSignsOfLife`.
    Result<void> signOfLife(const std::vector<RunId>& runs);

    // --- what users write, in one transaction for all of `ids`: where it fails for one, no run was
    // changed. remove() takes the runs' traces with them, and fails with Unavailable where a run is
    // still going on. markLost() does so where the run's program may live, and fails with
    // InvalidConfig for a run that has ended otherwise.
    Result<void> change(const std::vector<RunId>& ids, const RunChange& change);
    Result<void> remove(const std::vector<RunId>& ids);
    Result<void> markLost(const std::vector<RunId>& ids);

    // --- reading. A run whose program is gone is read as lost, whatever the file says.
    // list() returns runs with a summary instead of steps and ranks, newest first; a run whose
    // configuration this program cannot read is listed with a note. load() returns everything, with
    // the runs that it continues as far as they are in the store, or fails with Corrupt.
    Result<std::vector<RunRecord>> list(const RunFilter& filter);
    Result<RunRecord> load(const RunId& id);

    // The runs a user names: by id or its prefix, name, experiment name or id, "@last" (the newest
    // experiment's runs) or "@last-run". Of a name that several experiments used, the runs of the
    // newest one that has what is needed: a finished run, or a trace; only those with a trace then.
    // Where none has it, the newest one's. Archived runs come after all others, and "@last" passes
    // over them. Of an experiment, not the runs started only as a reference. In the order they were
    // created. Fails with NotFound, and suggests the nearest name, or lists the runs an ambiguous
    // prefix fits.
    Result<Selection> select(std::string_view selector, RunNeed need = RunNeed::Any);

    // The newest finished unsharded run of this computation, with its steps.
    std::optional<RunRecord> newestReference(const std::string& computation);

    // The lines that were kept, in the order they were written.
    Result<std::vector<LogLine>> log(const RunId& id, const LogRequest& request);

    // Writes down which runs are lost because their program was on this host and is gone, and
    // returns how many. Takes no write lock if there are none.
    Result<int> markLostRuns();

    // What integrity_check and foreign_key_check find: a sentence each. Reads the whole file.
    Result<std::vector<std::string>> damage();

    // Whether these would find something. Looks again only where the file has changed, and leaves
    // out the indexes of a large one. Where it is damaged, what was read may be anything.
    Result<bool> isDamaged();

    // Changes whenever any connection, also of another program, has committed, and when a run's
    // program is found to be gone.
    Result<std::int64_t> dataVersion();

private:
    struct Connection;
    explicit Store(std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> connection_;
};

}  // namespace ringscope
