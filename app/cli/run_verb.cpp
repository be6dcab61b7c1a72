// ringscope run FILE: every run of an experiment, kept in the store, compared at the end.
#include "app/cli/experiment_session.h"
#include "app/cli/verbs.h"
#include "backend/report/plan_text.h"
#include "backend/report/run_json.h"
#include "backend/run/experiment_runner.h"

#include <CLI/App.hpp>
#include <iostream>
#include <memory>

namespace ringscope::cli {
namespace {

struct RunArguments {
    std::string file;
    std::vector<std::string> overrides;
    std::string hosts;
    bool noReference = false;
    bool dryRun = false;
    bool json = false;
};

int printPlan(const Experiment& experiment) {
    const Result<std::vector<RunRequest>> requests = planExperiment(experiment);
    if (!requests.ok()) return fail(requests.error());
    std::cout << planTable(*requests);
    return Ok;
}

int run(const RunArguments& arguments, const GlobalOptions& global) {
    std::vector<std::string> overrides = arguments.overrides;
    if (!arguments.hosts.empty())
        overrides.insert(overrides.end(),
                         {"launch.transport=ssh", "launch.hosts=" + arguments.hosts});
    const Result<Experiment> experiment = readExperimentFile(arguments.file, overrides);
    if (!experiment.ok()) return fail(experiment.error());
    if (arguments.dryRun) return printPlan(*experiment);
    const SessionRuns session = runSession(*experiment, global, !arguments.noReference);
    if (arguments.json) {
        std::cout << sessionJson(session);
    } else if (!session.runs.empty()) {
        std::cout << '\n';
        printComparison(session.runs, global);
    }
    return session.exitCode;
}

}  // namespace

void addRunVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("run", "run every configuration of an experiment file");
    auto arguments = std::make_shared<RunArguments>();
    verb->add_option("FILE", arguments->file, "experiment file; - reads standard input")
        ->required();
    verb->add_option("-s,--set", arguments->overrides, "override a field: --set train.steps=20")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb->add_option("--hosts", arguments->hosts, "run over ssh on these: node1:2,node2:2")
        ->type_name("HOSTS");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    verb->add_flag("-n,--dry-run", arguments->dryRun, "print the plan, start nothing");
    verb->add_flag("--no-reference", arguments->noReference,
                   "do not run mode none only to check parity");
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return run(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
