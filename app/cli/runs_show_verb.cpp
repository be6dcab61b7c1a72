// ringscope runs show: everything known about a run, and its log.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/runs_verbs.h"
#include "app/cli/store_access.h"
#include "backend/report/run_details_text.h"
#include "backend/report/run_json.h"
#include "backend/report/run_memory.h"
#include "backend/report/runs_text.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

namespace ringscope::cli {
namespace {

constexpr std::int64_t logLinesShown = 200;  // where --log has no number

struct ShowArguments {
    std::vector<std::string> runs;
    std::optional<std::int64_t> logLines;
    std::optional<int> rank;
    std::string other;
    bool follow = false;
    bool json = false;

    bool wantsLog() const { return logLines || rank || follow; }
};

LogRequest logRequest(const ShowArguments& arguments) {
    return {.rank = arguments.rank, .last = arguments.logLines.value_or(logLinesShown)};
}

Result<void> printLog(Store& store, const RunRecord& run, const ShowArguments& arguments) {
    if (arguments.rank && *arguments.rank >= run.ranks)
        return Error{ErrorCode::NotFound, fmt::format("--rank {}: {} has ranks 0 to {}",
                                                      *arguments.rank, run.name, run.ranks - 1)};
    RINGSCOPE_TRY(const std::vector<LogLine> lines, store.log(run.id, logRequest(arguments)));
    if (lines.empty() && !arguments.follow) {
        const std::string whose =
            arguments.rank ? "rank " + std::to_string(*arguments.rank) + " of " : std::string();
        say(whose + run.name + " has printed nothing");
    }
    printText(logText(lines, !arguments.rank.has_value()));
    return {};
}

// Prints lines as they arrive, until the run has ended.
Result<void> followLog(Store& store, RunRecord run, const ShowArguments& arguments) {
    constexpr std::chrono::milliseconds pause{300};
    LogRequest request = logRequest(arguments);
    for (;;) {
        // The status is read before the lines, so that none is written after the last look.
        RINGSCOPE_TRY(run, store.load(run.id));
        RINGSCOPE_TRY(const std::vector<LogLine> lines, store.log(run.id, request));
        printText(logText(lines, !arguments.rank.has_value()));
        flushPrinted();
        if (!lines.empty()) request.after = lines.back().number;
        request.last = 0;
        if (isFinal(run.status)) break;
        std::this_thread::sleep_for(pause);
    }
    say(run.name + ": " + outcomeWords(run));
    return {};
}

Result<void> printRun(Store& store, const RunRecord& run, const std::optional<RunRecord>& other) {
    const std::vector<RunFile> files = runFiles(store.path(), run.id, WithHash::Yes);
    printText(runFactsText(run) + validationText(run) + ranksText(run) + routingText(run) +
              memoryText(run, files) +
              (other ? differencesText(run, *other) : configurationText(run)) + filesText(files));
    return {};
}

Result<std::optional<RunRecord>> otherRun(Store& store, const ShowArguments& arguments,
                                          const GlobalOptions& global) {
    if (arguments.other.empty()) return std::optional<RunRecord>();
    RINGSCOPE_TRY(std::vector<RunRecord> runs,
                  loadSelected(store, {arguments.other}, RunNeed::Any, global));
    if (runs.size() == 1) return std::optional(std::move(runs.front()));
    return Error{ErrorCode::NotFound, "--diff '" + arguments.other + "' names " +
                                          std::to_string(runs.size()) + " runs; name one"};
}

Result<void> showAll(Store& store, const ShowArguments& arguments, const GlobalOptions& global) {
    RINGSCOPE_TRY(const std::vector<RunRecord> runs,
                  loadSelected(store, arguments.runs, RunNeed::Any, global));
    RINGSCOPE_TRY(const std::optional<RunRecord> other, otherRun(store, arguments, global));
    if (arguments.json) {
        printData(runsWithMemoryJson(runs, store.path()));
        return {};
    }
    if (arguments.follow) {
        if (runs.size() != 1)
            return Error{ErrorCode::NotFound,
                         "--follow takes one run; " + std::to_string(runs.size()) + " were named"};
        return followLog(store, runs.front(), arguments);
    }
    for (const RunRecord& run : runs) {
        RINGSCOPE_CHECK(printRun(store, run, other));
        if (arguments.wantsLog()) RINGSCOPE_CHECK(printLog(store, run, arguments));
    }
    return {};
}

int show(const ShowArguments& arguments, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<void> shown = showAll(**store, arguments, global);
    return answered(**store, shown.ok() ? int(Ok) : failStore(shown.error()));
}

}  // namespace

void addRunsShowVerb(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand("show", "everything known about a run");
    auto arguments = std::make_shared<ShowArguments>();
    verb->add_option("RUN", arguments->runs, "run id, name, experiment or @last (the default)");
    verb->add_option("--diff", arguments->other, "what its configuration differs from this one in")
        ->type_name("RUN");
    verb->add_option("--log", arguments->logLines, "also its last log lines (200), of all ranks")
        ->type_name("LINES")
        ->expected(0, 1)
        ->default_str(std::to_string(logLinesShown))
        ->check(wholeNumber(0));
    verb->add_option("--rank", arguments->rank, "only this rank's log; -1: the agents'")
        ->check(wholeNumber(-1))
        ->type_name("N");
    verb->add_flag("-f,--follow", arguments->follow, "its log as it is written, to the run's end");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope runs show demo/ring", "the newest run of this name"},
                        {"ringscope runs show demo/ring --diff demo/zigzag", "what was set apart"},
                        {"ringscope runs show @last-run --log --rank 1", "what one rank printed"},
                        {"ringscope runs show @last-run --follow", "while it goes on"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return show(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
