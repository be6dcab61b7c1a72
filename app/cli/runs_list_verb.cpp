// ringscope runs ls: a line per run, found and ordered by the language of backend/query.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/runs_verbs.h"
#include "app/cli/store_access.h"
#include "backend/plan/mode_table.h"
#include "backend/query/run_query.h"
#include "backend/report/run_json.h"
#include "backend/report/runs_text.h"

#include <unistd.h>
#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

namespace ringscope::cli {
namespace {

struct ListArguments {
    std::int64_t limit = 30;
    RunFilter filter{};
    std::string where;
    std::string sort;
    bool json = false;
};

// What the words of the command line mean, before a store is opened.
struct ListQuery {
    RunPredicate accepts;
    RunOrder order;
};

Result<void> checkWord(std::string_view option, std::string_view what, const std::string& word,
                       const std::vector<std::string>& known) {
    if (word.empty() || std::ranges::find(known, word) != known.end()) return {};
    return unknownWord(what, word, known).in(option);
}

Result<ListQuery> readQuery(const ListArguments& arguments) {
    std::vector<std::string> modes;
    for (const Mode& mode : modeTable()) modes.emplace_back(mode.name);
    std::vector<std::string> states;
    for (const RunStatus status : allStatuses()) states.emplace_back(statusName(status));
    RINGSCOPE_CHECK(checkWord("--mode", "mode", arguments.filter.mode, modes));
    for (const std::string& status : arguments.filter.statuses)
        RINGSCOPE_CHECK(checkWord("--status", "state", status, states));
    ListQuery query;
    RINGSCOPE_TRY(query.accepts, parseRunQuery(arguments.where, "--where"));
    if (!arguments.sort.empty()) {
        RINGSCOPE_TRY(query.order, parseRunOrder(arguments.sort, "--sort"));
    }
    return query;
}

// For programs each run is whole; a terminal's table needs only what a list has.
Result<std::vector<RunRecord>> listRuns(Store& store, const ListArguments& arguments,
                                        const ListQuery& query) {
    RunFilter filter = arguments.filter;
    if (arguments.where.empty() && !query.order) filter.limit = arguments.limit;
    RINGSCOPE_TRY(std::vector<RunRecord> runs, store.list(filter));
    std::erase_if(runs, [&](const RunRecord& run) { return !query.accepts(run); });
    if (query.order) query.order(runs);
    const auto limit = static_cast<std::size_t>(arguments.limit);
    if (limit > 0 && runs.size() > limit) runs.resize(limit);
    if (!arguments.json) return runs;
    for (RunRecord& run : runs) {
        RINGSCOPE_TRY(run, store.load(run.id));
    }
    return runs;
}

// A full store of which nothing was asked for is not an empty one.
std::string nothingListed(Store& store) {
    const Result<std::vector<RunRecord>> any = store.list({.archived = true, .limit = 1});
    if (!any.ok() || any->empty()) return "no runs; start some with `ringscope demo`";
    return "no run of those that were asked for; `ringscope runs ls` lists all that are not "
           "archived";
}

void print(const std::vector<RunRecord>& runs, Store& store, bool json) {
    if (json) {
        printData(runsJson(runs));
    } else if (runs.empty()) {
        say(nothingListed(store));
    } else {
        const bool terminal = ::isatty(STDOUT_FILENO) != 0;
        printText(runListText(runs, terminal ? terminalWidth(STDOUT_FILENO) : 0));
    }
}

int list(const ListArguments& arguments, const GlobalOptions& global) {
    const Result<ListQuery> query = readQuery(arguments);
    if (!query.ok()) return fail(query.error(), Usage);
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<std::vector<RunRecord>> runs = listRuns(**store, arguments, *query);
    if (runs.ok()) print(*runs, **store, arguments.json);
    return answered(**store, runs.ok() ? int(Ok) : failStore(runs.error()));
}

std::string fieldsHelp() {
    std::string text =
        "Conditions: mode=ring, loss<3, name~demo, started>=2026-11-01, age<2h, any field of the\n"
        "configuration as model.layers=4; with and, or, not and parentheses. Fields:\n";
    for (const QueryFieldHelp& field : queryFieldHelp())
        text += "  " + std::string(field.name) +
                std::string(16 - std::min<std::size_t>(15, field.name.size()), ' ') +
                std::string(field.help) + "\n";
    text.pop_back();
    return text;
}

}  // namespace

void addRunsListVerb(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand("ls", "a line per run, newest first");
    auto arguments = std::make_shared<ListArguments>();
    verb->add_option("-n,--limit", arguments->limit, "how many; 0: all")
        ->check(wholeNumber(0))
        ->type_name("N");
    verb->add_option("-w,--where", arguments->where, "only runs that meet: 'mode=ring or loss<3'")
        ->type_name("CONDITION");
    verb->add_option("--sort", arguments->sort, "by these fields: -tokens_per_s,name")
        ->type_name("FIELDS")
        ->allow_extra_args(false);
    verb->add_option("--status", arguments->filter.statuses, "only runs in this state");
    verb->add_option("--mode", arguments->filter.mode, "only runs under this mode");
    verb->add_option("--experiment", arguments->filter.experiment, "only this experiment's runs");
    verb->add_flag("-a,--archived", arguments->filter.archived, "archived runs, too");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb,
                {{"ringscope runs ls --status failed", "the failed ones"},
                 {"ringscope runs ls -w 'mode=ring or loss<3' --sort -tokens_per_s", "by speed"},
                 {"ringscope runs ls --json", "whole runs, for programs"}},
                fieldsHelp());
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return list(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
