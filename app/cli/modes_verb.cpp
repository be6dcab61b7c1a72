// ringscope modes: the rows of the mode table, and what each mode can compute.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"
#include "backend/report/modes_text.h"

#include <unistd.h>
#include <CLI/App.hpp>
#include <memory>

namespace ringscope::cli {

void addModesVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("modes", "the ways of splitting a sequence, and what each can compute");
    auto json = std::make_shared<bool>(false);
    verb->add_flag("--json", *json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope modes", "every mode, and what it can compute"},
                        {"ringscope modes --json", "also why it does not compute the rest"}});
    verb->callback([json, &command] {
        command.action = [json] {
            const int width = terminalWidth(STDOUT_FILENO);
            if (*json)
                printData(modesJson());
            else
                printText(modesText(static_cast<std::size_t>(width)));
            return Ok;
        };
    });
}

}  // namespace ringscope::cli
