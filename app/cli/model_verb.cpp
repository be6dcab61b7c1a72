// ringscope model show | eval | export | merge | components: what a model is and computes, and what
// models may be made of.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/model_verbs.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/report/model_text.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/App.hpp>
#include <memory>

namespace ringscope::cli {
namespace {

struct ModelArguments {
    std::string name = "@last";
    bool json = false;
};

void print(const ModelFacts& facts, const ModelArguments& arguments) {
    if (arguments.json)
        printData(modelJson(facts));
    else
        printText(modelText(facts, static_cast<std::size_t>(terminalWidth(STDOUT_FILENO))));
}

Result<void> showRun(Store& store, const ModelArguments& arguments, const GlobalOptions& global) {
    RINGSCOPE_TRY(const std::vector<RunRecord> runs,
                  loadSelected(store, {arguments.name}, RunNeed::Any, global));
    const RunConfig& config = runs.front().config;
    for (const RunRecord& run : runs)
        if (run.config.model != config.model || run.config.attention != config.attention)
            return Error{ErrorCode::NotFound,
                         fmt::format("'{}' names {} runs of different models, '{}' and '{}' among "
                                     "them; name one run",
                                     arguments.name, runs.size(), runs.front().name, run.name)};
    RINGSCOPE_TRY(ModelFacts facts, modelFacts({config.model, config.attention}));
    facts.name = runs.front().name;
    if (runs.size() > 1) facts.name += fmt::format(" and {} more", runs.size() - 1);
    print(facts, arguments);
    return {};
}

int showStored(const ModelArguments& arguments, const GlobalOptions& global) {
    const Result<std::unique_ptr<Store>> store = openStore(global, Store::Access::ReadOnly);
    if (!store.ok()) return failStore(store.error());
    const Result<void> shown = showRun(**store, arguments, global);
    return answered(**store, shown.ok() ? int(Ok) : failStore(shown.error()));
}

int show(const ModelArguments& arguments, const GlobalOptions& global) {
    if (!namesFolder(arguments.name)) return showStored(arguments, global);
    const Result<ModelFacts> facts = checkpointFacts(arguments.name);
    // What is no model is a wrong configuration, not a broken store.
    if (!facts.ok())
        return fail(facts.error(),
                    facts.error().code == ErrorCode::NotFound ? NotFound : BadConfig);
    print(*facts, arguments);
    return Ok;
}

int components(bool json) {
    if (json)
        printData(componentsJson());
    else
        printText(componentsText(static_cast<std::size_t>(terminalWidth(STDOUT_FILENO))));
    return Ok;
}

}  // namespace

void addModelVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("model", "models: what one is and costs, what it is made of");
    verb->require_subcommand(1);
    verb->fallthrough();
    addExamples(*verb, {{"ringscope model show models/Qwen3-8B", "a checkpoint, by its headers"},
                        {"ringscope model components", "what the parts of a model may be"}});
    auto arguments = std::make_shared<ModelArguments>();

    CLI::App* showing = verb->add_subcommand(
        "show", "parameters, memory, FLOPs, and the ranks that each mode can use");
    showing->add_option("MODEL", arguments->name,
                        "folder of a checkpoint, or a run: id, name or @last (the default)");
    showing->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*showing, {{"ringscope model show models/Qwen3-8B", "what the folder holds"},
                           {"ringscope model show @last --json", "the model of a run"}});
    showing->callback([arguments, &command] {
        command.action = [arguments, &command] { return show(*arguments, command.global); };
    });

    addModelEvalVerb(*verb, command);
    addModelExportVerb(*verb, command);
    addModelMergeVerb(*verb, command);

    CLI::App* listing = verb->add_subcommand("components", "the forms of each part, with help");
    listing->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*listing, {{"ringscope model components", "one part below the other"},
                           {"ringscope model components --json", "for programs"}});
    listing->callback([arguments, &command] {
        command.action = [arguments] { return components(arguments->json); };
    });
}

}  // namespace ringscope::cli
