// ringscope model merge: an adapter and the model it stands beside as one model.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/model_verbs.h"
#include "app/cli/option_checks.h"
#include "app/cli/store_access.h"
#include "backend/model/adapter_merge.h"

#include <CLI/App.hpp>
#include <filesystem>
#include <memory>
#include <string>

namespace ringscope::cli {
namespace {

constexpr const char* mergeExplanation =
    R"(The folder has config.json and safetensors, as transformers' from_pretrained() takes them: the
model's, with alpha / rank * B A added to each weight that the adapter stands beside. Weights keep
their types and are rounded once, so that --unmerge gives the model back but for that rounding.

Exit codes: 0 done, 3 a folder cannot be read, they do not belong together, or the new one holds a
model, 4 no such run, or it kept no adapter.)";

struct MergeArguments {
    std::string base;
    std::string adapter;
    std::string output;
    bool unmerge = false;
};

int mergeModel(const MergeArguments& arguments, const GlobalOptions& global) {
    const Result<std::filesystem::path> adapter = modelFolder(arguments.adapter, global);
    if (!adapter.ok()) return failStore(adapter.error());
    return sayWritten(mergeAdapter(arguments.base, *adapter, arguments.output,
                                   arguments.unmerge ? Merging::TakeAway : Merging::Add),
                      arguments.output);
}

}  // namespace

void addModelMergeVerb(CLI::App& model, Command& command) {
    CLI::App* verb =
        model.add_subcommand("merge", "an adapter and its model as one folder, or apart again");
    addExamples(*verb,
                {{"ringscope model merge models/tiny adapters/mine -o models/merged",
                  "a folder that needs no adapter"},
                 {"ringscope model merge models/merged demo/lora --unmerge -o models/again",
                  "takes it out"}},
                mergeExplanation);
    auto arguments = std::make_shared<MergeArguments>();
    verb->add_option("BASE", arguments->base, "the folder of the model")
        ->required()
        ->check(notEmpty());
    verb->add_option("ADAPTER", arguments->adapter,
                     "the folder of the adapter, or a run that trained one")
        ->required()
        ->check(notEmpty());
    verb->add_option("-o,--output", arguments->output, "the new folder; never overwrites")
        ->required()
        ->check(notEmpty())
        ->type_name("FOLDER");
    verb->add_flag("--unmerge", arguments->unmerge, "take the adapter out of BASE instead");
    verb->callback([arguments, &command] {
        command.action = [arguments, &command] { return mergeModel(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
