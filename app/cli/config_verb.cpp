// ringscope config show | validate | fields: what an experiment file means, before it runs.
#include "app/cli/experiment_session.h"
#include "app/cli/verbs.h"
#include "backend/config/field_reference.h"
#include "backend/report/config_text.h"
#include "backend/run/experiment_runner.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <iostream>
#include <memory>

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
    std::cout << (arguments.json     ? experimentJson(*experiment)
                  : arguments.origin ? originsText(*experiment)
                                     : experimentText(*experiment));
    return Ok;
}

// Valid means: every run it expands to could start.
int validate(const ConfigArguments& arguments) {
    int exit = Ok;
    for (const std::string& file : arguments.files) {
        const Result<Experiment> experiment = readExperimentFile(file, arguments.overrides);
        if (!experiment.ok()) {
            exit = fail(experiment.error());
            continue;
        }
        const Result<std::vector<RunRequest>> requests = planExperiment(*experiment);
        if (!requests.ok()) {
            exit = fail(Error(requests.error()).in(file));
            continue;
        }
        std::cout << fmt::format("{}: valid, {} run{}\n", file, requests->size(),
                                 requests->size() == 1 ? "" : "s");
    }
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
    auto arguments = std::make_shared<ConfigArguments>();

    CLI::App* showing = verb->add_subcommand("show", "the complete configuration");
    showing->add_option("FILE", arguments->files, "experiment file; defaults where there is none")
        ->expected(0, 1);
    showing->add_flag("--origin", arguments->origin, "also where each value came from");
    showing->add_flag("--json", arguments->json, "one JSON object on standard output");
    addOverrides(*showing, *arguments);
    showing->callback([arguments, &command] { command.action = [=] { return show(*arguments); }; });

    CLI::App* validating = verb->add_subcommand("validate", "say whether every run could start");
    validating->add_option("FILE", arguments->files, "experiment files; - reads standard input")
        ->required();
    addOverrides(*validating, *arguments);
    validating->callback(
        [arguments, &command] { command.action = [=] { return validate(*arguments); }; });

    CLI::App* fields = verb->add_subcommand("fields", "every field, its default, unit and meaning");
    fields->callback([&command] {
        command.action = [] {
            std::cout << fieldReferenceMarkdown();
            return Ok;
        };
    });
}

}  // namespace ringscope::cli
