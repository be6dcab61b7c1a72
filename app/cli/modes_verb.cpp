// ringscope modes: the rows of the mode table, and what each mode can compute.
#include "app/cli/verbs.h"
#include "backend/report/modes_text.h"

#include <CLI/App.hpp>
#include <iostream>
#include <memory>

namespace ringscope::cli {

void addModesVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("modes", "the ways of splitting a sequence, and what each can compute");
    auto json = std::make_shared<bool>(false);
    verb->add_flag("--json", *json, "one JSON object on standard output");
    verb->callback([json, &command] {
        command.action = [json] {
            std::cout << (*json ? modesJson() : modesText());
            return Ok;
        };
    });
}

}  // namespace ringscope::cli
