// ringscope compare RUN...: runs side by side on standard output.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/report/report.h"

#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

namespace ringscope::cli {
namespace {

struct CompareArguments {
    std::vector<std::string> runs;
    std::string baseline;
    std::string format;  // json, md, csv; empty: the terminal table
};

int printAs(const std::string& name, const std::vector<RunRecord>& runs) {
    const Result<Report> report = makeReport({}, runs);
    if (!report.ok()) return fail(report.error());
    for (const ReportFormat& format : reportFormats())
        if (format.name == name) printData(format.write(*report));
    return Ok;
}

int compareIn(Store& store, const CompareArguments& arguments, const GlobalOptions& global) {
    Result<std::vector<RunRecord>> runs =
        loadSelected(store, arguments.runs, RunNeed::Finished, global);
    if (!runs.ok()) return failStore(runs.error());
    if (!arguments.baseline.empty())
        if (const Result<void> marked = chooseBaseline(store, *runs, arguments.baseline);
            !marked.ok())
            return failStore(marked.error());
    const bool none = std::ranges::none_of(
        *runs, [](const RunRecord& run) { return run.status == RunStatus::Finished; });
    if (arguments.format.empty())
        printComparison(*runs, global);
    else if (const int exit = printAs(arguments.format, *runs); exit != Ok)
        return exit;
    return none ? RunFailed : Ok;
}

int compare(const CompareArguments& arguments, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    return answered(**store, compareIn(**store, arguments, global));
}

}  // namespace

void addCompareVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("compare", "runs side by side: speed, memory, bytes, parity");
    auto arguments = std::make_shared<CompareArguments>();
    verb->add_option("RUN", arguments->runs, "run id, name, experiment or @last (the default)");
    verb->add_option("--baseline", arguments->baseline, "what the others are compared with")
        ->type_name("RUN");
    std::vector<CLI::Option*> formats;
    for (const char* format : {"json", "md", "csv"}) {
        CLI::Option* option = verb->add_flag_callback(
            std::string("--") + format, [arguments, format] { arguments->format = format; },
            std::string("as ") + format + " on standard output");
        for (CLI::Option* other : formats) option->excludes(other);
        formats.push_back(option);
    }
    addExamples(*verb, {{"ringscope compare", "the newest experiment, mode against mode"},
                        {"ringscope compare demo --baseline demo/ring", "against another one"},
                        {"ringscope compare @last --csv", "the table for a spreadsheet"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return compare(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
