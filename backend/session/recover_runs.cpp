#include "backend/session/recover_runs.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace ringscope {
namespace {

// The lines that the store has not: those it kept are the first ones.
Result<void> takeLines(Store& from, Store& into, const RunRecord& run) {
    RINGSCOPE_TRY(const std::vector<LogLine> lines, from.log(run.id, {}));
    for (const LogLine& line : lines) RINGSCOPE_CHECK(into.logLine(run, line.rank, line.text));
    return {};
}

Result<void> take(Store& from, Store& into, const RunRecord& run, RecoveredRuns& taken) {
    const Result<RunRecord> there = into.load(run.id);
    if (!there.ok() && there.error().code != ErrorCode::NotFound) return there.error();
    if (there.ok() && isFinal(there->status) && there->status != RunStatus::Lost) {
        taken.known.push_back(run);
        return {};
    }
    if (!there.ok()) RINGSCOPE_CHECK(into.created(run));
    RINGSCOPE_CHECK(into.ended(run));
    RINGSCOPE_CHECK(takeLines(from, into, run));
    (there.ok() ? taken.completed : taken.added).push_back(run);
    return {};
}

}  // namespace

Result<RecoveredRuns> recoverRuns(const std::filesystem::path& from, Store& into) {
    RINGSCOPE_TRY(const std::unique_ptr<Store> other, Store::open(from, Store::Access::ReadOnly));
    if (other->path() == into.path())
        return Error{ErrorCode::InvalidConfig,
                     "'" + from.string() +
                         "' is the store itself; name the file whose runs "
                         "it is to take in"};
    RINGSCOPE_TRY(std::vector<RunRecord> listed, other->list({.archived = true}));
    std::ranges::reverse(listed);  // the oldest first, as they were made
    RecoveredRuns taken;
    for (const RunRecord& each : listed) {
        RINGSCOPE_TRY(const RunRecord run, other->load(each.id));
        RINGSCOPE_CHECK(take(*other, into, run, taken));
    }
    return taken;
}

}  // namespace ringscope
