// ringscope completion SHELL: the script that makes a shell offer verbs, options, fields and runs.
// The script calls `ringscope complete`, which program.cpp answers before anything is parsed.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/verbs.h"
#include "embedded/completions.h"

#include <CLI/App.hpp>
#include <memory>

namespace ringscope::cli {

void addCompletionVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("completion", "words that a shell offers on Tab: bash, zsh, fish");
    auto shell = std::make_shared<std::string>();
    verb->add_option("bash|zsh|fish", *shell, "the shell")
        ->required()
        ->check(oneOfWords({"bash", "zsh", "fish"}));
    addExamples(*verb, {{"source <(ringscope completion bash)", "in ~/.bashrc"},
                        {"ringscope completion zsh > ~/.zfunc/_ringscope", "a folder of fpath"},
                        {"ringscope completion fish | source", "in config.fish"}});
    verb->callback([shell, &command] {
        command.action = [shell] {
            for (const embedded::File& file : embedded::completions)
                if (file.name == "ringscope." + *shell) printData(file.text);
            return int{Ok};
        };
    });
}

}  // namespace ringscope::cli
