#include "backend/report/modes_text.h"

#include "backend/config/mode_aliases.h"
#include "backend/config/mode_names.h"
#include "backend/core/text.h"
#include "backend/plan/capabilities.h"
#include "backend/plan/mode_table.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace ringscope {
namespace {

constexpr std::size_t nameWidth = 15;

struct ModeColumn {
    std::string name;
    std::vector<Capability> capabilities;  // a row each
};

std::vector<ModeColumn> modeColumns() {
    std::vector<ModeColumn> columns;
    for (const Mode& mode : modeTable())
        columns.push_back({std::string(mode.name), capabilitiesOf(mode.name)});
    return columns;
}

// "ring            keys and values go round", in lines of at most `room` bytes.
std::string entryLines(std::string_view name, std::string_view meaning, std::size_t room) {
    const std::string margin(nameWidth + 1, ' ');
    std::string text = fmt::format("{:<{}}", name, nameWidth);
    std::size_t used = text.size();
    for (const std::string& word : split(meaning, ' ')) {
        if (used + 1 + word.size() > room && used > margin.size()) {
            text += "\n" + margin.substr(1);
            used = nameWidth;
        }
        text += " " + word;
        used += 1 + word.size();
    }
    return text + "\n";
}

// Of a table without its explanations.
std::size_t namesWidth(const std::vector<ModeColumn>& columns, std::size_t first, std::size_t end) {
    std::size_t width = nameWidth;
    for (std::size_t i = first; i < end; ++i) width += 1 + columns[i].name.size();
    return width;
}

std::size_t tableWidth(const std::vector<ModeColumn>& columns) {
    std::size_t help = 0;
    for (const Feature& feature : featureTable()) help = std::max(help, feature.help.size());
    return namesWidth(columns, 0, columns.size()) + 2 + help;
}

std::string capabilityTable(const std::vector<ModeColumn>& columns, bool withHelp) {
    std::string text = fmt::format("{:<{}}", "on 4 ranks", nameWidth);
    for (const ModeColumn& column : columns) text += " " + column.name;
    text += '\n';
    for (std::size_t row = 0; row < featureTable().size(); ++row) {
        std::string line = fmt::format("{:<{}}", featureTable()[row].name, nameWidth);
        for (const ModeColumn& column : columns)
            line += fmt::format(" {:^{}}", column.capabilities[row].supported() ? "yes" : "-",
                                column.name.size());
        if (withHelp) line += fmt::format("  {}", featureTable()[row].help);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

// "auto (the planner chooses), zigzag-ring (zigzag), deepspeed-alst (ulysses), …"
std::string otherNames() {
    std::vector<std::string> names{std::string(modenames::automatic) + " (the planner chooses)"};
    for (const ModeAlias& alias : modeAliases())
        names.push_back(fmt::format("{} ({})", alias.old, alias.now));
    return join(names, ", ");
}

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

std::string modesText(std::size_t width) {
    const std::size_t room = width == 0 ? std::string::npos : width;
    std::string text;
    for (const Mode& mode : modeTable()) text += entryLines(mode.name, mode.help, room);

    const std::vector<ModeColumn> columns = modeColumns();
    const bool whole = tableWidth(columns) <= room;
    for (std::size_t first = 0; first < columns.size();) {
        std::size_t end = columns.size();
        while (!whole && end > first + 1 && namesWidth(columns, first, end) > room) --end;
        text += '\n' + capabilityTable({columns.begin() + static_cast<std::ptrdiff_t>(first),
                                        columns.begin() + static_cast<std::ptrdiff_t>(end)},
                                       whole);
        first = end;
    }
    if (!whole) {
        text += '\n';
        for (const Feature& feature : featureTable())
            text += entryLines(feature.name, feature.help, room);
    }
    text += "\n" + entryLines("other names", otherNames(), room);
    constexpr std::size_t sentence = 73;
    return text + "\nWhat a mode does not do is refused before anything runs;" +
           (sentence > room ? '\n' : ' ') + "--json says why.\n";
}

}  // namespace ringscope
