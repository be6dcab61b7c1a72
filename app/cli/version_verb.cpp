// ringscope version: the program, and what its files and lines speak.
#include "app/cli/verbs.h"
#include "backend/core/version.h"
#include "backend/report/run_json.h"
#include "backend/run/protocol.h"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace ringscope::cli {
namespace {

int printVersion(bool json) {
    if (!json) {
        std::cout << "ringscope " << version() << '\n';
        return Ok;
    }
    const nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                                   {"ringscope", version()},
                                   {"protocol", protocolVersion}};
    std::cout << object.dump(2) << '\n';
    return Ok;
}

}  // namespace

void addVersionVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("version", "the program's version");
    auto json = std::make_shared<bool>(false);
    verb->add_flag("--json", *json, "one JSON object on standard output");
    verb->callback([json, &command] { command.action = [json] { return printVersion(*json); }; });
}

}  // namespace ringscope::cli
