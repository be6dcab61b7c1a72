// ringscope version: the program, and the versions its files and lines have.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"
#include "backend/core/version.h"
#include "backend/report/doctor_text.h"

#include <CLI/App.hpp>
#include <memory>

namespace ringscope::cli {
namespace {

int printVersion(bool json) {
    if (json)
        printData(versionJson());
    else
        printText(std::string("ringscope ") + version() + '\n');
    return Ok;
}

}  // namespace

void addVersionVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("version", "the program's version");
    auto json = std::make_shared<bool>(false);
    verb->add_flag("--json", *json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope version", ""},
                        {"ringscope version --json", "also of the lines that agents speak"}});
    verb->callback([json, &command] { command.action = [json] { return printVersion(*json); }; });
}

}  // namespace ringscope::cli
