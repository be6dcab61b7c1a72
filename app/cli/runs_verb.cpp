// ringscope runs ls | show: what is in the store.
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/report/run_json.h"
#include "backend/report/runs_text.h"

#include <CLI/App.hpp>
#include <iostream>
#include <memory>

namespace ringscope::cli {
namespace {

struct ListArguments {
    RunFilter filter{.limit = 30};
    bool json = false;
};

struct ShowArguments {
    std::vector<std::string> runs;
    std::int64_t logLines = 0;
    bool json = false;
};

// For programs each run is whole; a terminal's table needs only what a list has.
Result<std::vector<RunRecord>> listRuns(Store& store, const ListArguments& arguments) {
    RINGSCOPE_TRY(std::vector<RunRecord> runs, store.list(arguments.filter));
    if (!arguments.json) return runs;
    for (RunRecord& run : runs) {
        RINGSCOPE_TRY(run, store.load(run.id));
    }
    return runs;
}

int list(const ListArguments& arguments, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<std::vector<RunRecord>> runs = listRuns(**store, arguments);
    if (!runs.ok()) return failStore(runs.error());
    if (arguments.json) {
        std::cout << runsJson(*runs);
    } else if (runs->empty()) {
        std::cerr << "ringscope: no runs; start some with `ringscope demo`\n";
    } else {
        std::cout << runListText(*runs);
    }
    return Ok;
}

int show(const ShowArguments& arguments, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<std::vector<RunRecord>> runs = loadSelected(**store, arguments.runs);
    if (!runs.ok()) return failStore(runs.error());
    if (arguments.json) {
        std::cout << runsJson(*runs);
        return Ok;
    }
    for (const RunRecord& run : *runs) {
        std::cout << runFactsText(run);
        if (arguments.logLines == 0) continue;
        const auto lines = (*store)->logLines(run.id, arguments.logLines);
        if (!lines.ok()) return failStore(lines.error());
        for (const std::string& line : *lines) std::cout << "  " << line << '\n';
    }
    return Ok;
}

void addList(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand("ls", "a line per run, newest first");
    auto arguments = std::make_shared<ListArguments>();
    verb->add_option("-n,--limit", arguments->filter.limit, "how many; 0: all")
        ->check(wholeNumber(0))
        ->type_name("N");
    verb->add_option("--status", arguments->filter.statuses, "only runs in this state");
    verb->add_option("--mode", arguments->filter.mode, "only runs under this mode");
    verb->add_option("--experiment", arguments->filter.experiment, "only this experiment's runs");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope runs ls --status failed", "the failed ones"},
                        {"ringscope runs ls --mode zigzag -n 5", "the newest five under one mode"},
                        {"ringscope runs ls --json", "whole runs, for programs"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return list(*arguments, command.global); };
    });
}

void addShow(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand("show", "everything known about a run");
    auto arguments = std::make_shared<ShowArguments>();
    verb->add_option("RUN", arguments->runs, "run id, name, experiment or @last (the default)");
    verb->add_option("--log", arguments->logLines, "also its last log lines")
        ->check(wholeNumber(0))
        ->type_name("LINES");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope runs show demo/ring", "the newest run of this name"},
                        {"ringscope runs show @last --log 20", "with the last lines of its log"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return show(*arguments, command.global); };
    });
}

}  // namespace

void addRunsVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("runs", "what was run: ls, show");
    verb->require_subcommand(1);
    verb->fallthrough();
    addExamples(*verb, {{"ringscope runs ls", "the newest 30"},
                        {"ringscope runs show demo/ring", "everything about one"}});
    addList(*verb, command);
    addShow(*verb, command);
}

}  // namespace ringscope::cli
