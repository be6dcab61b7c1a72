// ringscope run FILE: every run of an experiment, kept in the store, compared at the end.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/hosts_option.h"
#include "app/cli/run_sinks.h"
#include "app/cli/verbs.h"
#include "backend/core/text.h"
#include "backend/report/run_json.h"
#include "backend/run/experiment_plan.h"

#include <CLI/App.hpp>
#include <memory>
#include <optional>

namespace ringscope::cli {
namespace {

struct RunArguments {
    std::string file;
    std::vector<std::string> overrides;
    std::optional<std::string> hosts;
    bool noReference = false;
    bool dryRun = false;
    std::vector<std::string> sinks;
    bool json = false;
};

// Before there is a session: a program that reads the object finds the reason in it.
int failRun(const Error& error, bool json) {
    const int exit = fail(error);
    if (json) printData(sessionJson({.exitCode = exit, .problem = error.message}));
    return exit;
}

int run(const RunArguments& arguments, const GlobalOptions& global) {
    // What an unset variable of a script looks like; everything would run on this machine.
    if (arguments.hosts && trim(*arguments.hosts).empty())
        return fail({ErrorCode::InvalidConfig, "--hosts is empty; expected node1:2,node2:2"},
                    Usage);
    std::vector<std::string> overrides = arguments.overrides;
    if (arguments.hosts) {
        const Result<std::vector<std::string>> hosts = hostOverrides(*arguments.hosts);
        if (!hosts.ok()) return failRun(hosts.error(), arguments.json);
        overrides.insert(overrides.end(), hosts->begin(), hosts->end());
    }
    const Result<Experiment> experiment = readExperimentFile(arguments.file, overrides);
    if (!experiment.ok()) return failRun(experiment.error(), arguments.json);
    if (arguments.dryRun) return printPlan(experiment->name, planRuns(*experiment), arguments.json);
    const Result<std::unique_ptr<RunSinks>> sinks = RunSinks::open(arguments.sinks);
    if (!sinks.ok()) return failRun(sinks.error(), arguments.json);
    return printSession(
        runSession(*experiment, global, !arguments.noReference, sinks.value().get()),
        arguments.json, global);
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
    verb->add_option("--hosts", arguments->hosts,
                     "run over ssh on these: node1:2,node2:2, or a hostfile")
        ->type_name("HOSTS");
    verb->add_option("--sink", arguments->sinks, sinkHelp())
        ->type_name("KIND:TARGET")
        ->allow_extra_args(false);
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    verb->add_flag("-n,--dry-run", arguments->dryRun, "print the plan, start nothing");
    verb->add_flag("--no-reference", arguments->noReference,
                   "do not run mode none only to check parity");
    addExamples(
        *verb, {{"ringscope run four.yaml --dry-run", "ranks, bytes and FLOPs; starts nothing"},
                {"ringscope run four.yaml --set train.steps=20", "with another value of a field"},
                {"ringscope run four.yaml --hosts node1:2,node2:2", "the same over ssh"},
                {"ringscope run four.yaml --sink tensorboard:logs", "steps for TensorBoard, too"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return run(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
