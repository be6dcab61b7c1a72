// ringscope modes: the rows of the mode table, and what each mode can compute.
#include "app/cli/verbs.h"
#include "backend/config/mode_aliases.h"
#include "backend/plan/capabilities.h"
#include "backend/plan/mode_table.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

namespace ringscope::cli {
namespace {

constexpr int nameWidth = 15;

nlohmann::json jsonOf(const Mode& mode) {
    nlohmann::json row = {{"name", mode.name},
                          {"help", mode.help},
                          {"sharded", mode.sharded},
                          {"aliases", nlohmann::json::array()},
                          {"supports", nlohmann::json::object()},
                          {"refusals", nlohmann::json::object()}};
    for (const ModeAlias& alias : modeAliases())
        if (alias.now == mode.name) row["aliases"].push_back(alias.old);
    for (const Capability& capability : capabilitiesOf(mode.name)) {
        row["supports"][std::string(capability.feature)] = capability.supported();
        if (!capability.supported())
            row["refusals"][std::string(capability.feature)] = capability.reason;
    }
    return row;
}

void printJson() {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"modes", nlohmann::json::array()},
                             {"features", nlohmann::json::array()}};
    for (const Mode& mode : modeTable()) object["modes"].push_back(jsonOf(mode));
    for (const Feature& feature : featureTable())
        object["features"].push_back({{"name", feature.name}, {"help", feature.help}});
    std::cout << object.dump(2) << '\n';
}

// A row for each feature, a column for each mode.
void printTable() {
    for (const Mode& mode : modeTable())
        std::cout << fmt::format("{:<{}} {}\n", mode.name, nameWidth, mode.help);

    std::vector<std::vector<Capability>> columns;
    std::cout << fmt::format("\n{:<{}}", "on 4 ranks", nameWidth);
    for (const Mode& mode : modeTable()) {
        columns.push_back(capabilitiesOf(mode.name));
        std::cout << ' ' << mode.name;
    }
    std::cout << '\n';
    for (std::size_t row = 0; row < featureTable().size(); ++row) {
        std::cout << fmt::format("{:<{}}", featureTable()[row].name, nameWidth);
        for (std::size_t column = 0; column < columns.size(); ++column)
            std::cout << fmt::format(" {:^{}}", columns[column][row].supported() ? "yes" : "-",
                                     modeTable()[column].name.size());
        std::cout << "  " << featureTable()[row].help << '\n';
    }
    std::cout << "\nWhat a mode does not do is refused before anything runs; --json says why.\n";
}

int modes(bool json) {
    json ? printJson() : printTable();
    return Ok;
}

}  // namespace

void addModesVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("modes", "the ways of splitting a sequence, and what each can compute");
    auto json = std::make_shared<bool>(false);
    verb->add_flag("--json", *json, "one JSON object on standard output");
    verb->callback([json, &command] { command.action = [json] { return modes(*json); }; });
}

}  // namespace ringscope::cli
