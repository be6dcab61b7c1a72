#include "app/cli/store_access.h"

#include "app/cli/console.h"
#include "backend/compare/comparison.h"

#include <set>

namespace ringscope::cli {

std::filesystem::path storePath(const GlobalOptions& global) {
    return global.store.empty() ? defaultStorePath() : std::filesystem::path(global.store);
}

Result<std::unique_ptr<Store>> openStore(const GlobalOptions& global, Store::Access access) {
    return Store::open(storePath(global), access);
}

Result<std::vector<RunId>> selectRuns(Store& store, const std::string& selector, RunNeed need,
                                      const GlobalOptions& global) {
    RINGSCOPE_TRY(Selection selection, store.select(selector, need));
    if (!selection.note.empty() && !global.quiet) say(selection.note);
    return std::move(selection.runs);
}

Result<std::vector<RunRecord>> loadSelected(Store& store, std::vector<std::string> selectors,
                                            RunNeed need, const GlobalOptions& global) {
    if (selectors.empty()) selectors.emplace_back("@last");
    std::vector<RunRecord> runs;
    std::set<RunId> seen;
    for (const std::string& selector : selectors) {
        RINGSCOPE_TRY(const std::vector<RunId> ids, selectRuns(store, selector, need, global));
        for (const RunId& id : ids) {
            if (!seen.insert(id).second) continue;
            RINGSCOPE_TRY(RunRecord run, store.load(id));
            runs.push_back(std::move(run));
        }
    }
    return runs;
}

Result<void> chooseBaseline(Store& store, std::vector<RunRecord>& runs,
                            const std::string& selector) {
    RINGSCOPE_TRY(const Selection chosen, store.select(selector, RunNeed::Finished));
    if (!markBaseline(runs, chosen.runs))
        return Error{ErrorCode::NotFound, "the baseline '" + selector +
                                              "' is not among the runs to compare; name it too"};
    return {};
}

namespace {

Error damaged(const Store& store, const std::string& meaning) {
    return {ErrorCode::Corrupt, "'" + store.path().string() + "' is damaged: " + meaning +
                                    "; `ringscope db check` says where"};
}

}  // namespace

int answered(Store& store, int exit) {
    const Result<bool> found = store.isDamaged();
    if (!found.ok()) return failStore(found.error());
    if (!*found) return exit;
    return fail(damaged(store, "what it answers may be wrong"));
}

Result<void> requireWhole(Store& store) {
    RINGSCOPE_TRY(const bool found, store.isDamaged());
    if (found) return damaged(store, "its figures may be wrong, so no file is made of them");
    return {};
}

int failStore(const Error& error) {
    return fail(error, error.code == ErrorCode::NotFound ? NotFound : BadStore);
}

}  // namespace ringscope::cli
