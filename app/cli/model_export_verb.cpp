// ringscope model export: a model as a folder that other programs load.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/model_verbs.h"
#include "app/cli/option_checks.h"
#include "app/cli/store_access.h"
#include "backend/model/checkpoint.h"
#include "backend/store/run_files.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <filesystem>
#include <memory>

namespace ringscope::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* exportExplanation =
    R"(The folder has config.json and safetensors, as transformers' from_pretrained() takes them, and
the tokenizer of the training; one of bytes or characters as a tokenizer.json.
Weights are stored in the number format they were trained in. Of a run with adapter.kind the folder
has adapter_config.json and adapter_model.safetensors, as PEFT takes them. A checkpoint's folder is
checked and copied, byte for byte; so is an adapter's. What attention.pattern shows a token is told
in config.json under a key of ours; transformers does not know it and computes dense attention.

Exit codes: 0 done, 3 the model cannot be read or the folder holds one, 4 no such run, or it kept no
weights.)";

struct ExportArguments {
    std::string model;
    std::string output;
};

int exportModel(const ExportArguments& arguments, const GlobalOptions& global) {
    const Result<fs::path> folder = modelFolder(arguments.model, global);
    if (!folder.ok()) return failStore(folder.error());
    return sayWritten(copyCheckpoint(*folder, arguments.output), arguments.output);
}

}  // namespace

int sayWritten(const Result<void>& written, const std::string& folder) {
    if (!written.ok())
        return fail(written.error(),
                    written.error().code == ErrorCode::NotFound ? NotFound : BadConfig);
    say("wrote " + folder);
    return Ok;
}

bool namesFolder(const std::string& word) {
    std::error_code ignored;
    return fs::is_directory(word, ignored) || word.starts_with('/') || word.starts_with('.') ||
           word.ends_with('/');
}

Result<fs::path> modelFolder(const std::string& word, const GlobalOptions& global) {
    if (namesFolder(word)) return fs::path(word);
    RINGSCOPE_TRY(const std::unique_ptr<Store> store, openStore(global, Store::Access::ReadOnly));
    RINGSCOPE_TRY(const std::vector<RunId> runs, selectRuns(*store, word, RunNeed::Any, global));
    if (runs.size() != 1)
        return Error{ErrorCode::NotFound,
                     fmt::format("'{}' names {} runs; name one", word, runs.size())};
    return weightFolder(store->path(), runs.front());
}

void addModelExportVerb(CLI::App& model, Command& command) {
    CLI::App* verb = model.add_subcommand("export", "a model as a folder that transformers loads");
    addExamples(
        *verb,
        {{"ringscope model export demo/ring -o models/mine", "what a run's training ended with"},
         {"ringscope model export models/tiny -o models/copy", "a checkpoint, checked"}},
        exportExplanation);
    auto arguments = std::make_shared<ExportArguments>();
    verb->add_option("MODEL", arguments->model,
                     "a run with checkpoint.at_end, or the folder of a checkpoint or an adapter")
        ->required()
        ->check(notEmpty());
    verb->add_option("-o,--output", arguments->output, "the new folder; never overwrites")
        ->required()
        ->check(notEmpty())
        ->type_name("FOLDER");
    verb->callback([arguments, &command] {
        command.action = [arguments, &command] { return exportModel(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
