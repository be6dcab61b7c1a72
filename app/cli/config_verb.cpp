// ringscope config show | validate | fields: what an experiment file means, before it runs.
#include "app/cli/console.h"
#include "app/cli/experiment_session.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"
#include "backend/config/field_reference.h"
#include "backend/report/config_text.h"
#include "backend/report/plan_json.h"
#include "backend/run/experiment_plan.h"
#include "launcher/any_transport.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <memory>
#include <utility>

namespace ringscope::cli {
namespace {

struct ConfigArguments {
    std::vector<std::string> files;
    std::vector<std::string> overrides;
    bool origin = false;
    bool json = false;
};

int show(const ConfigArguments& arguments) {
    const std::string file = arguments.files.empty() ? "" : arguments.files.front();
    const Result<Experiment> experiment = readExperimentFile(file, arguments.overrides);
    if (!experiment.ok()) return fail(experiment.error());
    printData(arguments.json     ? experimentJson(*experiment)
              : arguments.origin ? originsText(*experiment)
                                 : experimentText(*experiment));
    return Ok;
}

// Whether every run of the file could start here. Returns the exit code.
int validateFile(ValidatedFile& file, const std::vector<std::string>& overrides) {
    const Result<Experiment> experiment = readExperimentFile(file.name, overrides);
    if (!experiment.ok()) {
        file.problem = experiment.error().message;
        return fail(experiment.error());
    }
    AnyTransport transport;
    ExperimentPlan plan = planRuns(*experiment);
    file.runs = plan.requests.size();
    const Result<void> ready = checkThisMachine(transport, plan.requests);
    if (!ready.ok()) file.problem = std::string(ready.error().message);
    const int exit = planExit(plan, ready);
    for (const std::string& sentence : refusalSentences(plan)) say(file.name + ": " + sentence);
    if (!ready.ok()) fail(Error(ready.error()).in(file.name));
    file.refused = std::move(plan.refused);
    return exit;
}

// The first code that is not 0 counts.
int validate(const ConfigArguments& arguments) {
    int exit = Ok;
    std::vector<ValidatedFile> files;
    for (const std::string& name : arguments.files) {
        ValidatedFile& file = files.emplace_back();
        file.name = name;
        const int own = validateFile(file, arguments.overrides);
        if (exit == Ok) exit = own;
        if (!arguments.json && file.valid())
            printText(fmt::format("{}: valid, {} run{}\n", file.name, file.runs,
                                  file.runs == 1 ? "" : "s"));
    }
    if (arguments.json) printData(validationJson(files, exit));
    return exit;
}

void addOverrides(CLI::App& verb, ConfigArguments& arguments) {
    verb.add_option("-s,--set", arguments.overrides, "override a field: --set train.steps=20")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
}

}  // namespace

void addConfigVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("config", "experiment files: show, validate, fields");
    verb->require_subcommand(1);
    verb->fallthrough();
    addExamples(*verb, {{"ringscope config validate four.yaml", "could every run start?"},
                        {"ringscope config fields", "what can be written into a file"}});
    auto arguments = std::make_shared<ConfigArguments>();

    CLI::App* showing = verb->add_subcommand("show", "the complete configuration");
    showing->add_option("FILE", arguments->files, "experiment file; defaults where there is none")
        ->expected(0, 1);
    showing->add_flag("--origin", arguments->origin, "also where each value came from");
    showing->add_flag("--json", arguments->json, "one JSON object on standard output");
    addOverrides(*showing, *arguments);
    addExamples(*showing,
                {{"ringscope config show four.yaml", "with every default"},
                 {"ringscope config show four.yaml --origin", "where each value came from"}});
    showing->callback([arguments, &command] { command.action = [=] { return show(*arguments); }; });

    CLI::App* validating = verb->add_subcommand("validate", "say whether every run could start");
    validating->add_option("FILE", arguments->files, "experiment files; - reads standard input")
        ->required();
    validating->add_flag("--json", arguments->json, "one JSON object on standard output");
    addOverrides(*validating, *arguments);
    addExamples(*validating, {{"ringscope config validate four.yaml", "could every run start?"},
                              {"ringscope config validate *.yaml --set parallel.sp=8",
                               "all of them, on eight ranks"}});
    validating->callback(
        [arguments, &command] { command.action = [=] { return validate(*arguments); }; });

    CLI::App* fields = verb->add_subcommand("fields", "every field, its default, unit and meaning");
    addExamples(*fields, {{"ringscope config fields", "a table per section, Markdown"},
                          {"ringscope config fields | grep seq_len", "one field"}});
    fields->add_flag("--json", arguments->json, "one JSON object on standard output");
    fields->callback([arguments, &command] {
        command.action = [arguments] {
            printData(arguments->json ? fieldsJson() : fieldReferenceMarkdown());
            return Ok;
        };
    });
}

}  // namespace ringscope::cli
