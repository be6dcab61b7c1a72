// ringscope data show | cache: what is trained on, what it gives each rank to do, and the tokens
// that are kept.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/progress.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/config/data_source.h"
#include "backend/config/mode_names.h"
#include "backend/report/data_text.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <utility>

namespace ringscope::cli {
namespace {

constexpr std::int64_t mostShownSequences = 10'000;

struct DataArguments {
    std::string name = "@last";
    std::vector<std::string> overrides;
    std::int64_t sequences = 2;
    bool json = false;
};

// What is shown: a name, and the configurations whose ranks are compared.
struct DataTarget {
    std::string name;
    std::vector<RunConfig> configs;
};

bool isDataFile(const std::string& name) {
    std::error_code ignored;
    const bool named = std::ranges::any_of(std::array{".txt", ".npy", ".jsonl", ".ndjson"},
                                           [&](const char* end) { return name.ends_with(end); });
    return named || std::filesystem::exists(name, ignored) || isBuiltinSource(name) ||
           !isOneText(name);
}

// One configuration of each mode, those of the first values of other axes.
std::vector<RunConfig> onePerMode(const std::vector<ExpandedRun>& runs) {
    std::vector<RunConfig> configs;
    for (const ExpandedRun& run : runs) {
        RunConfig first = runs.front().config;
        first.parallel = run.config.parallel;
        first.launch = run.config.launch;
        const bool shown = std::ranges::any_of(configs, [&](const RunConfig& other) {
            return other.parallel.mode == run.config.parallel.mode;
        });
        if (!shown) configs.push_back(std::move(first));
    }
    return configs;
}

Result<DataTarget> ofExperiment(const DataArguments& arguments) {
    RINGSCOPE_TRY(const Experiment experiment,
                  readExperimentFile(arguments.name, arguments.overrides));
    return DataTarget{experiment.name, onePerMode(expandRuns(experiment))};
}

// A file of data under every mode, with the defaults of an experiment.
Result<DataTarget> ofFile(const DataArguments& arguments) {
    std::vector<std::string> overrides = {"data.source=" + arguments.name};
    overrides.insert(overrides.end(), arguments.overrides.begin(), arguments.overrides.end());
    RINGSCOPE_TRY(const Experiment experiment, readExperimentText("", "", overrides));
    DataTarget target{arguments.name, {}};
    for (const std::string_view mode : modeChoices) {
        target.configs.push_back(experiment.base);
        target.configs.back().parallel.mode = mode;
    }
    return target;
}

Result<DataTarget> ofRun(const DataArguments& arguments, const GlobalOptions& global) {
    if (!arguments.overrides.empty())
        return Error{ErrorCode::InvalidConfig,
                     "--set is for experiments and files of data; a run has been configured"};
    RINGSCOPE_TRY(const std::unique_ptr<Store> store, openStore(global, Store::Access::ReadOnly));
    RINGSCOPE_TRY(const std::vector<RunRecord> runs,
                  loadSelected(*store, {arguments.name}, RunNeed::Any, global));
    std::vector<ExpandedRun> all;
    for (const RunRecord& run : runs) all.push_back({.name = run.name, .config = run.config});
    return DataTarget{runs.front().name, onePerMode(all)};
}

Result<ShownData> readShown(const DataTarget& target, std::int64_t sequences, bool quiet) {
    const ReadingShown reading(quiet);
    return shownData(target.name, target.configs, sequences, reading.options());
}

int show(const DataArguments& arguments, const GlobalOptions& global) {
    const bool stored = !isExperimentFile(arguments.name) && !isDataFile(arguments.name);
    const Result<DataTarget> target = stored                             ? ofRun(arguments, global)
                                      : isExperimentFile(arguments.name) ? ofExperiment(arguments)
                                                                         : ofFile(arguments);
    const bool fromStore = stored && arguments.overrides.empty();
    if (!target.ok()) return fromStore ? failStore(target.error()) : fail(target.error());
    const Result<ShownData> shown = readShown(*target, arguments.sequences, global.quiet);
    if (!shown.ok())
        return fail(shown.error(), shown.error().code == ErrorCode::NotFound    ? NotFound
                                   : shown.error().code == ErrorCode::Cancelled ? Interrupted
                                                                                : BadConfig);
    if (arguments.json)
        printData(dataJson(*shown));
    else
        printText(dataText(*shown));
    return Ok;
}

int cache(bool clear, bool json) {
    const TokenCache tokens = TokenCache::ofUser();
    if (clear) {
        const Result<std::int64_t> removed = tokens.clear();
        if (!removed.ok()) return fail(removed.error());
    }
    if (json)
        printData(tokenCacheJson(tokens));
    else
        printText(tokenCacheText(tokens));
    return Ok;
}

}  // namespace

void addDataVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("data", "what is trained on: sequences, labels, balance");
    verb->require_subcommand(1);
    verb->fallthrough();
    addExamples(*verb, {{"ringscope data show talks.jsonl -s train.task=sft", "every mode's ranks"},
                        {"ringscope data cache", "the tokens that are kept"}});

    CLI::App* showing = verb->add_subcommand(
        "show", "the first sequences as text, and what each rank of each mode has to do");
    auto arguments = std::make_shared<DataArguments>();
    showing->add_option("NAME", arguments->name,
                        "an experiment's file, a file of data, or a run: id, name or @last");
    showing->add_option("-s,--set", arguments->overrides, "a field's value: train.task=sft")
        ->type_name("PATH=VALUE");
    showing->add_option("--sequences", arguments->sequences, "how many sequences are shown")
        ->check(wholeNumber(0, mostShownSequences))
        ->type_name("N")
        ->capture_default_str();
    showing->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*showing, {{"ringscope data show sft.yaml", "the data of an experiment"},
                           {"ringscope data show @last --sequences 8 --json", "of the last run"}});
    showing->callback([arguments, &command] {
        command.action = [=, &command] { return show(*arguments, command.global); };
    });

    CLI::App* keeping = verb->add_subcommand("cache", "the files of tokens that are kept");
    auto clear = std::make_shared<bool>(false);
    auto json = std::make_shared<bool>(false);
    keeping->add_flag("--clear", *clear, "remove them; runs that read one keep it");
    keeping->add_flag("--json", *json, "one JSON object on standard output");
    addExamples(*keeping, {{"ringscope data cache", "files and their sizes"},
                           {"ringscope data cache --clear", "make room"}});
    keeping->callback(
        [clear, json, &command] { command.action = [=] { return cache(*clear, *json); }; });
}

}  // namespace ringscope::cli
