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

int failStore(const Error& error) {
    return fail(error, error.code == ErrorCode::NotFound ? NotFound : BadStore);
}

}  // namespace ringscope::cli
