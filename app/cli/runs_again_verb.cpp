// ringscope runs rerun | export: a stored run once more, and a stored run as a folder.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/runs_verbs.h"
#include "app/cli/store_access.h"
#include "backend/report/config_text.h"
#include "backend/run/experiment_plan.h"
#include "backend/session/run_export.h"

#include <CLI/App.hpp>
#include <filesystem>
#include <memory>

namespace ringscope::cli {
namespace {

struct RerunArguments {
    std::vector<std::string> runs;
    std::vector<std::string> overrides;
    std::string name;
    bool noReference = false;
    bool dryRun = false;
    bool json = false;
};

// The stored configuration with the changes, checked as a file is. The environment changes nothing:
// what was stored is what runs.
Result<ExpandedRun> again(const RunRecord& run, const std::vector<std::string>& overrides) {
    const ExperimentReading reading = readExperiment({.fileName = "run " + run.id.text.substr(0, 8),
                                                      .fileText = experimentTextOf(run),
                                                      .environment = {},
                                                      .overrides = overrides});
    if (!reading.ok()) return Error{ErrorCode::InvalidConfig, reading.problems.front().text()};
    const std::vector<ExpandedRun> runs = expandRuns(reading.experiment);
    if (runs.size() != 1)
        return Error{ErrorCode::InvalidConfig,
                     "a run is run again with one value for each field; got several"};
    const bool otherMode = runs.front().config.parallel.mode != run.config.parallel.mode;
    return ExpandedRun{.name = otherMode ? runs.front().name : run.name,
                       .config = runs.front().config,
                       .repeat = run.repeat,
                       .baseline = run.baseline};
}

struct Rerun {
    std::string experiment;
    std::vector<ExpandedRun> runs;
};

Result<Rerun> readRerun(const RerunArguments& arguments, const GlobalOptions& global) {
    RINGSCOPE_TRY(const std::unique_ptr<Store> store, openStore(global, Store::Access::ReadOnly));
    RINGSCOPE_TRY(const std::vector<RunRecord> runs,
                  loadSelected(*store, arguments.runs, RunNeed::Any, global));
    Rerun rerun{.experiment = arguments.name.empty() ? runs.front().experiment : arguments.name,
                .runs = {}};
    for (const RunRecord& run : runs) {
        RINGSCOPE_TRY(ExpandedRun expanded, again(run, arguments.overrides));
        rerun.runs.push_back(std::move(expanded));
    }
    return rerun;
}

int rerun(const RerunArguments& arguments, const GlobalOptions& global) {
    const Result<Rerun> read = readRerun(arguments, global);
    if (!read.ok()) {
        if (read.error().code == ErrorCode::InvalidConfig) return fail(read.error());
        return failStore(read.error());
    }
    if (arguments.dryRun)
        return printPlan(read->experiment, planRuns(read->experiment, read->runs), arguments.json);
    return printSession(
        runSession(read->experiment, read->runs, global, {.reference = !arguments.noReference}),
        arguments.json, global);
}

void addRerun(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand("rerun", "run stored runs again, as new runs");
    auto arguments = std::make_shared<RerunArguments>();
    verb->add_option("RUN", arguments->runs, "run id, name, experiment or @last")->required();
    verb->add_option("-s,--set", arguments->overrides, "change a field: --set train.steps=20")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb->add_option("--name", arguments->name, "the new experiment's name (default: the old one)");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    verb->add_flag("-n,--dry-run", arguments->dryRun, "print the plan, start nothing");
    verb->add_flag("--no-reference", arguments->noReference,
                   "do not run mode none only to check parity");
    addExamples(*verb, {{"ringscope runs rerun demo/ring", "the stored configuration again"},
                        {"ringscope runs rerun demo --set train.steps=50", "all of it, longer"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return rerun(*arguments, command.global); };
    });
}

int exportRuns(const std::vector<std::string>& selectors, const std::string& folder,
               const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<std::vector<RunRecord>> runs =
        loadSelected(**store, selectors, RunNeed::Any, global);
    if (!runs.ok()) return failStore(runs.error());
    for (const RunRecord& run : *runs) {
        const std::filesystem::path place =
            runs->size() == 1 ? std::filesystem::path(folder)
                              : std::filesystem::path(folder) / exportFolderName(run);
        const Result<void> written = exportRun(**store, run.id, place);
        if (!written.ok()) {
            const bool taken = written.error().code == ErrorCode::InvalidConfig;
            return taken ? fail(written.error(), Usage) : fail(written.error());
        }
        printData(place.string() + '\n');
    }
    return Ok;
}

void addExport(CLI::App& runs, Command& command) {
    CLI::App* verb = runs.add_subcommand(
        "export", "configuration, figures, logs and trace of runs as a folder with checksums");
    auto selectors = std::make_shared<std::vector<std::string>>();
    auto folder = std::make_shared<std::string>();
    verb->add_option("RUN", *selectors, "run id, name, experiment or @last")->required();
    verb->add_option("-o,--output", *folder, "a new folder; of several runs, one folder each in it")
        ->required()
        ->type_name("FOLDER");
    addExamples(*verb, {{"ringscope runs export demo/ring -o ring", "one run"},
                        {"ringscope runs export @last -o demo", "a folder for each run"}});
    verb->callback([=, &command] {
        command.action = [=, &command] { return exportRuns(*selectors, *folder, command.global); };
    });
}

}  // namespace

void addRunsAgainVerbs(CLI::App& runs, Command& command) {
    addRerun(runs, command);
    addExport(runs, command);
}

}  // namespace ringscope::cli
