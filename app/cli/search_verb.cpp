// ringscope search max-seq-len: the longest sequence that a memory takes, lever by lever.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"
#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/memory/longest_sequence.h"
#include "backend/report/length_text.h"

#include <CLI/App.hpp>
#include <memory>
#include <optional>

namespace ringscope::cli {
namespace {

struct SearchArguments {
    std::string file;
    std::vector<std::string> overrides;
    std::vector<std::string> modes;
    std::vector<std::string> levers;
    std::string budget;
    std::string step = "1Ki";
    bool planOnly = false;
    bool json = false;
};

constexpr int mostTries = 4;

// A value as a field reads it.
Result<RunConfig> withField(RunConfig config, std::string_view path, const std::string& value,
                            std::string_view option) {
    if (const Result<void> set = findField(path)->set(config, value); !set.ok())
        return Error{ErrorCode::InvalidConfig, std::string(option) + ": " + set.error().message};
    return config;
}

std::string runName(const std::string& experiment, const SearchedLength& row) {
    return experiment + "/" + row.about.lever + " " + row.about.mode;
}

RunConfig provingConfig(const SearchedLength& row, Bytes budget) {
    RunConfig config = row.about.config;
    config.train.seqLen = row.found.tokens;
    config.train.steps = 2;
    config.train.warmupSteps = 1;
    config.memory.budget = budget;
    return config;
}

// Runs two steps of each row that is not proved yet. What does not fit after all gets shorter.
int prove(const std::string& experiment, std::vector<SearchedLength>& rows, Bytes budget,
          std::int64_t step, const GlobalOptions& global) {
    int exit = Ok;
    for (int round = 0; round < mostTries; ++round) {
        std::vector<ExpandedRun> runs;
        std::vector<SearchedLength*> open;
        for (SearchedLength& row : rows) {
            if (row.found.tokens == 0 || row.stepMs) continue;
            open.push_back(&row);
            runs.push_back({.name = runName(experiment, row),
                            .config = provingConfig(row, budget),
                            .repeat = round});
        }
        if (runs.empty()) break;
        const SessionRuns session = runSession(experiment, runs, global, {.reference = false});
        exit = session.exitCode;
        if (session.runs.size() != runs.size()) return exit;  // stopped, or never started
        for (std::size_t i = 0; i < open.size(); ++i) {
            const RunRecord& run = session.runs[i];
            SearchedLength& row = *open[i];
            row.failure.clear();
            if (run.status == RunStatus::Finished) {
                if (const std::optional<RunSpeed> speed = runSpeed(run))
                    row.stepMs = speed->stepMedianMs;
                row.measuredPeakBytes = peakMemory(run).count;
                continue;
            }
            row.failure = run.statusReason;
            row.found.tokens = row.found.tokens * 49 / 50 / step * step;
        }
    }
    return exit;
}

int search(const SearchArguments& arguments, const GlobalOptions& global) {
    const Result<Experiment> experiment = readExperimentFile(arguments.file, arguments.overrides);
    if (!experiment.ok()) return fail(experiment.error());
    RunConfig asked = experiment->base;
    if (!arguments.budget.empty()) {
        const Result<RunConfig> set =
            withField(asked, "memory.budget", arguments.budget, "--budget");
        if (!set.ok()) return fail(set.error(), Usage);
        asked = *set;
    }
    if (!asked.memory.budget)
        return fail(
            {ErrorCode::InvalidConfig, "there is no memory.budget to search in; set it in " +
                                           arguments.file + ", or use --budget 2GiB"},
            Usage);
    const Result<RunConfig> step = withField(asked, "train.seq_len", arguments.step, "--step");
    if (!step.ok()) return fail(step.error(), Usage);
    const Bytes budget = *asked.memory.budget;
    asked.profile.steps.reset();

    std::vector<std::string> modes = arguments.modes;
    if (modes.empty()) modes.push_back(asked.parallel.mode);
    std::vector<std::string> levers = arguments.levers;
    if (levers.empty())
        for (const LengthLever& lever : lengthLevers()) levers.emplace_back(lever.name);
    const Result<std::vector<LengthCase>> cases = lengthCases(asked, modes, levers);
    if (!cases.ok()) return fail(cases.error(), Usage);

    std::vector<SearchedLength> rows;
    for (const LengthCase& each : *cases)
        rows.push_back(
            {.about = each, .found = longestSequence(each.config, budget, step->train.seqLen)});
    const std::string name = experiment->name + "-longest";
    const int exit =
        arguments.planOnly ? Ok : prove(name, rows, budget, step->train.seqLen, global);
    if (arguments.json)
        printData(searchedLengthJson(name, rows, budget, exit));
    else
        printText(searchedLengthText(rows, budget));
    return exit;
}

void addMaxSeqLen(CLI::App& parent, Command& command) {
    CLI::App* verb = parent.add_subcommand(
        "max-seq-len", "the longest sequence that memory.budget takes, with each lever of memory");
    auto arguments = std::make_shared<SearchArguments>();
    verb->add_option("FILE", arguments->file, "experiment file; - reads standard input")
        ->required();
    verb->add_option("-s,--set", arguments->overrides, "override a field: --set train.batch=2")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb->add_option("--modes", arguments->modes, "modes to search (default: the file's)")
        ->delimiter(',')
        ->type_name("MODES");
    std::vector<std::string> names;
    for (const LengthLever& lever : lengthLevers()) names.emplace_back(lever.name);
    verb->add_option(
            "--levers", arguments->levers,
            "levers, each on top of those before: " + join(names, ", ") + " (default: all)")
        ->delimiter(',')
        ->type_name("LEVERS");
    verb->add_option("--budget", arguments->budget,
                     "what a rank's tensors may take (default: memory.budget of the file)")
        ->type_name("BYTES");
    verb->add_option("--step", arguments->step, "lengths are multiples of this (default: 1Ki)")
        ->type_name("TOKENS");
    verb->add_flag("--plan-only", arguments->planOnly, "by plan alone; starts nothing");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb,
                {{"ringscope search max-seq-len alst.yaml --plan-only", "by plan, in seconds"},
                 {"ringscope search max-seq-len alst.yaml --modes ulysses,zigzag",
                  "each length proved by two steps"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return search(*arguments, command.global); };
    });
}

}  // namespace

void addSearchVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("search", "the best value of a setting, by plan and by run");
    verb->require_subcommand(1);
    verb->fallthrough();
    addExamples(*verb, {{"ringscope search max-seq-len alst.yaml --plan-only",
                         "how long sequences may become"},
                        {"ringscope search max-seq-len alst.yaml --budget 1GiB --json",
                         "for a program, proved by runs"}});
    addMaxSeqLen(*verb, command);
}

}  // namespace ringscope::cli
