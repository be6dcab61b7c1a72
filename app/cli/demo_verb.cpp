// ringscope demo: the built-in experiment on this machine, its comparison and its report.
#include "app/cli/experiment_session.h"
#include "app/cli/verbs.h"
#include "backend/core/shell.h"
#include "backend/report/report.h"
#include "embedded/demoExperiment.h"

#include <iostream>
#include <memory>

namespace ringscope::cli {
namespace {

struct DemoArguments {
    std::vector<std::string> overrides;
    std::string report;
    bool json = false;
};

int demo(const DemoArguments& arguments, const GlobalOptions& global) {
    const Result<Experiment> experiment =
        readExperimentText("demo.yaml", std::string(embedded::demoExperiment), arguments.overrides);
    if (!experiment.ok()) return fail(experiment.error());
    if (!global.quiet)
        std::cerr << "ringscope: demo: the same training under each mode, on this machine's CPU\n";
    const SessionOutcome outcome = runSession(*experiment, global, {.json = arguments.json});
    if (arguments.json) std::cout << sessionJson(outcome) << '\n';
    if (outcome.runs.empty() || outcome.exit == Interrupted || outcome.exit == Terminated)
        return outcome.exit;
    if (!arguments.json) {
        std::cout << '\n';
        printComparison(outcome.runs, global);
    }

    const std::filesystem::path file =
        !arguments.report.empty()
            ? std::filesystem::path(arguments.report)
            : std::filesystem::absolute(outcome.store).parent_path() / "reports" /
                  ("demo-" + outcome.experimentId.substr(0, 8) + ".html");
    const Result<Report> report = makeReport("Ringscope demo", outcome.runs);
    if (!report.ok()) return fail(report.error());
    if (const Result<void> written = writeReport(*report, file); !written.ok())
        return fail(written.error());
    std::ostream& messages = arguments.json ? std::cerr : std::cout;
    const std::string store = outcome.store.string();
    messages << "\nReport    " << file.string() << "\nTimeline  "
             << commandLine({"ringscope-gui", "--db", store, "--page", "traces"}) << "\nWaits     "
             << ringscopeCommand(store, {"trace", "analyze", outcome.runs.back().name}) << "\n";
    return outcome.exit;
}

}  // namespace

void addDemoVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("demo", "legacy, ring, zigzag and ulysses on 2 local CPU ranks");
    auto arguments = std::make_shared<DemoArguments>();
    verb->add_option("-s,--set", arguments->overrides, "override a field: --set parallel.sp=4")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb->add_option("--report", arguments->report, "where the HTML report goes")
        ->type_name("FILE");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return demo(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
