#include "backend/report/modes_text.h"

#include "backend/config/mode_aliases.h"
#include "backend/plan/capabilities.h"
#include "backend/plan/mode_table.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <vector>

namespace ringscope {
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

}  // namespace

std::string modesJson() {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"modes", nlohmann::json::array()},
                             {"features", nlohmann::json::array()}};
    for (const Mode& mode : modeTable()) object["modes"].push_back(jsonOf(mode));
    for (const Feature& feature : featureTable())
        object["features"].push_back({{"name", feature.name}, {"help", feature.help}});
    return reporting::jsonDump(object);
}

std::string modesText() {
    std::string text;
    for (const Mode& mode : modeTable())
        text += fmt::format("{:<{}} {}\n", mode.name, nameWidth, mode.help);

    std::vector<std::vector<Capability>> columns;
    text += fmt::format("\n{:<{}}", "on 4 ranks", nameWidth);
    for (const Mode& mode : modeTable()) {
        columns.push_back(capabilitiesOf(mode.name));
        text += fmt::format(" {}", mode.name);
    }
    text += '\n';
    for (std::size_t row = 0; row < featureTable().size(); ++row) {
        text += fmt::format("{:<{}}", featureTable()[row].name, nameWidth);
        for (std::size_t column = 0; column < columns.size(); ++column)
            text += fmt::format(" {:^{}}", columns[column][row].supported() ? "yes" : "-",
                                modeTable()[column].name.size());
        text += fmt::format("  {}\n", featureTable()[row].help);
    }
    return text + "\nWhat a mode does not do is refused before anything runs; --json says why.\n";
}

}  // namespace ringscope
