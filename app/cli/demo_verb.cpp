// ringscope demo: the built-in experiment on this machine, its comparison and its report.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/output_file.h"
#include "app/cli/report_file.h"
#include "app/cli/verbs.h"
#include "backend/core/shell.h"
#include "backend/report/run_json.h"
#include "embedded/demoExperiment.h"

#include <CLI/App.hpp>
#include <memory>

namespace ringscope::cli {
namespace {

struct DemoArguments {
    std::vector<std::string> overrides;
    std::string report;
    bool json = false;
};

int demo(const DemoArguments& arguments, const GlobalOptions& global) {
    if (!arguments.report.empty()) {
        if (const Result<void> named = checkReportName(arguments.report); !named.ok())
            return fail(named.error(), Usage);
        if (const Result<void> free = checkOutputFile(arguments.report); !free.ok())
            return fail(free.error());
    }
    const Result<Experiment> experiment =
        readExperimentText("demo.yaml", std::string(embedded::demoExperiment), arguments.overrides);
    if (!experiment.ok()) return fail(experiment.error());
    if (!global.quiet) say("demo: the same training under each mode, on this machine's CPU");
    const SessionRuns session = runSession(*experiment, global, {});
    if (arguments.json) printData(sessionJson(session));
    if (session.runs.empty() || session.exitCode == Interrupted || session.exitCode == Terminated)
        return session.exitCode;
    if (!arguments.json) {
        printText("\n");
        printComparison(session.runs, global);
    }

    const std::filesystem::path file =
        !arguments.report.empty()
            ? std::filesystem::path(arguments.report)
            : std::filesystem::absolute(session.store).parent_path() / "reports" /
                  ("demo-" + session.experimentId.substr(0, 8) + ".html");
    if (const Result<void> written =
            writeReportFile({.runs = session.runs, .store = session.store}, file);
        !written.ok())
        return fail(written.error());
    (arguments.json ? sayText : printText)(
        "\nReport    " + file.string() + "\nTimeline  " +
        commandLine({"ringscope-gui", "--db", session.store, "--page", "traces"}) + "\nWaits     " +
        ringscopeCommand(session.store, {"trace", "analyze", session.runs.back().name}) + "\n");
    return session.exitCode;
}

}  // namespace

void addDemoVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("demo", "legacy, ring, zigzag and ulysses on 2 local CPU ranks");
    auto arguments = std::make_shared<DemoArguments>();
    verb->add_option("-s,--set", arguments->overrides, "override a field: --set parallel.sp=4")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb->add_option("--report", arguments->report,
                     "where the report goes; the name says its format")
        ->type_name("FILE");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope demo", "about half a minute, then a table and a report"},
                        {"ringscope demo --set parallel.sp=4", "on four ranks"},
                        {"ringscope demo --report demo.html", "the report goes there"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return demo(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
