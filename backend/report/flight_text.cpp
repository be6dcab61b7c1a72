#include "backend/report/flight_text.h"

#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using json = nlohmann::ordered_json;

json standRows(const std::vector<FlightStand>& stands) {
    json rows = json::array();
    for (const FlightStand& stand : stands)
        rows.push_back({{"rank", stand.rank},
                        {"group", stand.group},
                        {"operation", stand.operation},
                        {"sequence", stand.sequence},
                        {"inputs", stand.inputs},
                        {"state", stand.state},
                        {"place", stand.place}});
    return rows;
}

}  // namespace

std::string flightText(const FlightReport& report) {
    std::string text =
        fmt::format("dumps of {} {}: {}\n\n", report.ranks.size(),
                    report.ranks.size() == 1 ? "rank" : "ranks", fmt::join(report.ranks, ", "));
    for (const std::string& sentence : report.sentences())
        text += reporting::printableLine(sentence) + '\n';
    for (const std::string& note : report.notes)
        text += "note: " + reporting::printableLine(note) + '\n';
    return text;
}

std::string flightJson(const FlightReport& report) {
    json object = {{"schema_version", jsonSchemaVersion},
                   {"ranks", report.ranks},
                   {"without_dump", report.noDump},
                   {"collectives_compared", report.collectives},
                   {"sentences", report.sentences()},
                   {"notes", report.notes},
                   {"findings", json::array()}};
    for (const FlightFinding& finding : report.findings)
        object["findings"].push_back({{"fault", flightFaultName(finding.fault)},
                                      {"group", finding.group},
                                      {"description", finding.description},
                                      {"operation", finding.operation},
                                      {"sequence", finding.sequence},
                                      {"joined", standRows(finding.joined)},
                                      {"absent", standRows(finding.absent)}});
    return reporting::jsonDump(object);
}

}  // namespace ringscope
