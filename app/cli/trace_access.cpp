#include "app/cli/trace_access.h"

#include "app/cli/store_access.h"
#include "backend/store/nsys_trace.h"
#include "backend/trace/chrome/import.h"
#include "backend/trace/trace_files.h"

#include <fmt/format.h>
#include <memory>
#include <system_error>
#include <vector>

namespace ringscope::cli {

namespace fs = std::filesystem;

Result<fs::path> tracePlace(const std::string& word, const GlobalOptions& global) {
    std::error_code ignored;
    if (fs::exists(word, ignored)) return fs::path(word);
    // Runs of a matrix have names with a slash too: demo/ring.
    if (word.starts_with('/') || word.starts_with('.') || word.ends_with(".json") ||
        word.ends_with(".gz") || word.ends_with(".trace") || word.ends_with(".sqlite"))
        return Error{ErrorCode::NotFound, "there is no file or folder '" + word + "'"};
    RINGSCOPE_TRY(const std::unique_ptr<Store> store, openStore(global, Store::Access::ReadOnly));
    RINGSCOPE_TRY(const std::vector<RunId> runs, selectRuns(*store, word, RunNeed::Trace, global));
    std::vector<fs::path> recorded;
    for (const RunId& run : runs) {
        const fs::path folder = traceRoot(store->path()) / run.text;
        if (fs::is_directory(folder, ignored)) recorded.push_back(folder);
    }
    if (recorded.size() == 1) return recorded.front();
    if (recorded.empty()) {
        const std::string id = runs.front().text.substr(0, 8);
        const std::string which = runs.size() == 1
                                      ? (word.starts_with(id) ? "" : " (run " + id + ")")
                                      : fmt::format(" ({} runs from {} on)", runs.size(), id);
        return Error{ErrorCode::NotFound, fmt::format("'{}'{} has no trace; record one with "
                                                      "--set profile.steps=[1,3]",
                                                      word, which)};
    }
    return Error{ErrorCode::NotFound, fmt::format("'{}' names {} runs with a trace; name one run",
                                                  word, recorded.size())};
}

namespace {

Result<Trace> openPlace(const fs::path& place, const std::string& rules) {
    RINGSCOPE_TRY(const KernelRules known, KernelRules::known(rules));
    return isNsysExport(place) ? importNsysTrace(place, known) : openTraceOf(place, known);
}

}  // namespace

Result<Trace> openTrace(const std::string& word, const std::string& rules,
                        const GlobalOptions& global) {
    RINGSCOPE_TRY(const fs::path place, tracePlace(word, global));
    return openPlace(place, rules);
}

Result<TraceContents> openContents(const std::string& word, const std::string& rules,
                                   const GlobalOptions& global) {
    RINGSCOPE_TRY(const fs::path place, tracePlace(word, global));
    if (!isNsysExport(place) && !isForeignTrace(place)) return readTraceContents(place);
    RINGSCOPE_TRY(const Trace trace, openPlace(place, rules));
    return contentsOf(trace);
}

}  // namespace ringscope::cli
