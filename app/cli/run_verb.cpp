// ringscope run FILE: every run of an experiment, kept in the store, compared at the end.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/hosts_option.h"
#include "app/cli/run_sinks.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/core/text.h"
#include "backend/report/run_json.h"
#include "backend/run/experiment_plan.h"
#include "backend/session/resume.h"

#include <CLI/App.hpp>
#include <CLI/Error.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

namespace ringscope::cli {
namespace {

struct RunArguments {
    std::string file;
    std::vector<std::string> overrides;
    std::optional<std::string> hosts;
    std::string resume;
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

// The run that goes on, and what it goes on from.
struct Resumed {
    std::string experiment;
    std::vector<ExpandedRun> runs{};
    ResumePoint point{};
};

bool isFolder(const std::string& name) {
    std::error_code ignored;
    return std::filesystem::is_directory(name, ignored);
}

// `named`: the run of the store that --resume names; nothing where it names a folder.
Result<ResumeSource> resumeSource(const RunArguments& arguments, const GlobalOptions& global,
                                  std::optional<RunRecord>& named) {
    if (isFolder(arguments.resume)) return resumeFrom(std::filesystem::path(arguments.resume));
    RINGSCOPE_TRY(const std::unique_ptr<Store> store, openStore(global, Store::Access::ReadOnly));
    RINGSCOPE_TRY(std::vector<RunRecord> runs,
                  loadSelected(*store, {arguments.resume}, RunNeed::Any, global));
    if (runs.size() != 1)
        return Error{ErrorCode::InvalidConfig,
                     "--resume goes on with one run; '" + arguments.resume + "' names " +
                         std::to_string(runs.size()) + ", so name one of them"};
    named = std::move(runs.front());
    return resumeFrom(*named);
}

// Without FILE, the configuration is the checkpoint's.
Result<Resumed> readResumed(const RunArguments& arguments,
                            const std::vector<std::string>& overrides,
                            const GlobalOptions& global) {
    std::optional<RunRecord> named;
    RINGSCOPE_TRY(const ResumeSource source, resumeSource(arguments, global, named));
    Resumed resumed{.experiment = named ? named->experiment : "resumed"};
    if (arguments.file.empty()) {
        RINGSCOPE_TRY(
            const Experiment experiment,
            readExperimentText(source.point.checkpoint.string(), toYaml(source.config), overrides));
        resumed.runs = expandRuns(experiment);
        if (named) resumed.runs.front().name = named->name;
    } else {
        RINGSCOPE_TRY(const Experiment experiment, readExperimentFile(arguments.file, overrides));
        resumed.experiment = experiment.name;
        resumed.runs = expandRuns(experiment);
    }
    if (resumed.runs.size() != 1)
        return Error{ErrorCode::InvalidConfig, "--resume goes on with one run, and these are " +
                                                   std::to_string(resumed.runs.size()) +
                                                   "; choose one: --set parallel.mode=zigzag"};
    RINGSCOPE_CHECK(checkResume(source, resumed.runs.front().config));
    resumed.point = source.point;
    return resumed;
}

// A reference would begin at step 0, so none is started.
int resume(const RunArguments& arguments, const std::vector<std::string>& overrides,
           const GlobalOptions& global) {
    const Result<Resumed> resumed = readResumed(arguments, overrides, global);
    if (!resumed.ok()) return failRun(resumed.error(), arguments.json);
    if (arguments.dryRun)
        return printPlan(resumed->experiment, planRuns(resumed->experiment, resumed->runs),
                         arguments.json);
    Result<RunSinks> sinks = RunSinks::open(arguments.sinks);
    if (!sinks.ok()) return failRun(sinks.error(), arguments.json);
    return printSession(
        runSession(resumed->experiment, resumed->runs, global,
                   {.reference = false, .sinks = &*sinks, .resume = resumed->point}),
        arguments.json, global);
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
    if (!arguments.resume.empty()) return resume(arguments, overrides, global);
    const Result<Experiment> experiment = readExperimentFile(arguments.file, overrides);
    if (!experiment.ok()) return failRun(experiment.error(), arguments.json);
    if (arguments.dryRun) return printPlan(experiment->name, planRuns(*experiment), arguments.json);
    Result<RunSinks> sinks = RunSinks::open(arguments.sinks);
    if (!sinks.ok()) return failRun(sinks.error(), arguments.json);
    return printSession(
        runSession(*experiment, global, {.reference = !arguments.noReference, .sinks = &*sinks}),
        arguments.json, global);
}

}  // namespace

void addRunVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("run", "run every configuration of an experiment file");
    auto arguments = std::make_shared<RunArguments>();
    verb->add_option("FILE", arguments->file,
                     "experiment file; - reads standard input; may be left out with --resume");
    verb->add_option("-s,--set", arguments->overrides, "override a field: --set train.steps=20")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb->add_option("--hosts", arguments->hosts,
                     "run over ssh on these: node1:2,node2:2, or a hostfile")
        ->type_name("HOSTS");
    verb->add_option("--sink", arguments->sinks, sinkHelp())
        ->type_name("KIND:TARGET")
        ->allow_extra_args(false);
    verb->add_option("--resume", arguments->resume,
                     "go on from the newest checkpoint of this run, or in this folder")
        ->type_name("RUN|DIR");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    verb->add_flag("-n,--dry-run", arguments->dryRun, "print the plan, start nothing");
    verb->add_flag("--no-reference", arguments->noReference,
                   "do not run mode none only to check parity");
    addExamples(
        *verb, {{"ringscope run four.yaml --dry-run", "ranks, bytes and FLOPs; starts nothing"},
                {"ringscope run four.yaml --set train.steps=20", "with another value of a field"},
                {"ringscope run --resume @last-run", "from its newest checkpoint"},
                {"ringscope run four.yaml --hosts node1:2,node2:2", "the same over ssh"},
                {"ringscope run four.yaml --sink tensorboard:logs", "steps for TensorBoard, too"}});
    verb->callback([arguments, &command] {
        if (arguments->file.empty() && arguments->resume.empty()) throw CLI::RequiredError("FILE");
        command.action = [=, &command] { return run(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
