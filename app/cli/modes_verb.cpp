// ringscope modes: the rows of the mode table.
#include "app/cli/verbs.h"
#include "backend/plan/mode_table.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace ringscope::cli {
namespace {

int modes(bool json) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"modes", nlohmann::json::array()}};
    for (const Mode& mode : modeTable()) {
        if (json) {
            object["modes"].push_back(
                {{"name", mode.name}, {"help", mode.help}, {"sharded", mode.sharded}});
        } else {
            std::cout << fmt::format("{:<9} {}\n", mode.name, mode.help);
        }
    }
    if (json) std::cout << object.dump(2) << '\n';
    return Ok;
}

}  // namespace

void addModesVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("modes", "the ways of splitting a sequence that are known");
    auto json = std::make_shared<bool>(false);
    verb->add_flag("--json", *json, "one JSON object on standard output");
    verb->callback([json, &command] { command.action = [json] { return modes(*json); }; });
}

}  // namespace ringscope::cli
