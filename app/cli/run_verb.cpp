// ringscope run FILE: every run of an experiment, kept in the store, compared at the end.
#include "app/cli/experiment_session.h"
#include "app/cli/verbs.h"

#include <iostream>
#include <memory>

namespace ringscope::cli {
namespace {

struct RunArguments {
    std::string file;
    std::vector<std::string> overrides;
    std::string hosts;
    SessionOptions session;
    bool noReference = false;
};

int run(const RunArguments& arguments, const GlobalOptions& global) {
    std::vector<std::string> overrides = arguments.overrides;
    if (!arguments.hosts.empty())
        overrides.insert(overrides.end(),
                         {"launch.transport=ssh", "launch.hosts=" + arguments.hosts});
    const Result<Experiment> experiment = readExperimentFile(arguments.file, overrides);
    if (!experiment.ok()) return fail(experiment.error());
    SessionOptions options = arguments.session;
    options.reference = !arguments.noReference;
    const SessionOutcome outcome = runSession(*experiment, global, options);
    if (options.dryRun) return outcome.exit;
    if (options.json) {
        std::cout << sessionJson(outcome) << '\n';
    } else if (!outcome.runs.empty()) {
        std::cout << '\n';
        printComparison(outcome.runs, global);
    }
    return outcome.exit;
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
    verb->add_flag("--json", arguments->session.json, "one JSON object on standard output");
    verb->add_flag("-n,--dry-run", arguments->session.dryRun, "print the plan, start nothing");
    verb->add_flag("--no-reference", arguments->noReference,
                   "do not run mode none only to check parity");
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return run(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
