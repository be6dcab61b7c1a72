#include "backend/report/doctor_text.h"

#include "backend/core/version.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"
#include "backend/run/protocol.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

bool usable(const HostCheck& host) { return host.problem.empty(); }

std::string_view word(bool ok) { return ok ? "ok  " : "FAIL"; }

std::string_view stateName(CheckState state) {
    switch (state) {
        case CheckState::Ok:
            return "ok";
        case CheckState::Absent:
            return "absent";
        case CheckState::Failed:
            return "failed";
    }
    return "";
}

std::string hostLine(const HostCheck& host, std::size_t labelWidth) {
    const std::string clock =
        host.clock ? fmt::format("{:+.1f} ± {:.1f} ms", host.clock->ms, host.clock->errorMs) : "–";
    const std::string slots = host.slots > 0 ? std::to_string(host.slots) : std::string("–");
    return reporting::printableLine(fmt::format(
               "{}  {:<{}}  {:>5}  {:>5}  {:>4}  {:<15}  {:>18}  {}", word(usable(host)),
               host.label, labelWidth, slots, host.cores, host.gpus, host.address, clock,
               host.version.empty() ? "–"
               : host.copied        ? "copied now"
                                    : "there")) +
           '\n';
}

nlohmann::json hostJson(const HostCheck& host) {
    nlohmann::json row = {{"name", host.name},
                          {"slots", host.slots},
                          {"ok", usable(host)},
                          {"problem", host.problem},
                          {"address", host.address},
                          {"version", host.version},
                          {"copied", host.copied},
                          {"libtorch", host.libtorch},
                          {"cores", host.cores},
                          {"gpus", host.gpus},
                          {"reaches_rank_0", host.reachesRankZero},
                          {"clock", nullptr}};
    if (host.clock)
        row["clock"] = {{"offset_ms", host.clock->ms}, {"error_ms", host.clock->errorMs}};
    return row;
}

}  // namespace

bool noneFailed(const std::vector<DoctorCheck>& checks) {
    return std::ranges::find(checks, CheckState::Failed, &DoctorCheck::state) == checks.end();
}

std::string doctorText(const std::vector<DoctorCheck>& checks) {
    std::string text;
    for (const DoctorCheck& check : checks)
        text += fmt::format("{:<6}  {:<10} {}\n",
                            check.state == CheckState::Failed ? "FAIL" : stateName(check.state),
                            check.name, check.detail);
    return text;
}

std::string doctorJson(const std::vector<DoctorCheck>& checks) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"version", version()},
                             {"ok", noneFailed(checks)},
                             {"checks", nlohmann::json::array()}};
    for (const DoctorCheck& check : checks)
        object["checks"].push_back({{"name", check.name},
                                    {"ok", check.state == CheckState::Ok},
                                    {"state", stateName(check.state)},
                                    {"detail", check.detail}});
    return reporting::jsonDump(object);
}

std::string hostsText(const std::vector<HostCheck>& hosts) {
    std::size_t width = 4;
    for (const HostCheck& host : hosts) width = std::max(width, host.label.size());
    std::string text =
        fmt::format("      {:<{}}  {:>5}  {:>5}  {:>4}  {:<15}  {:>18}  {}\n", "host", width,
                    "slots", "cores", "gpus", "address", "clock", "programs");
    for (const HostCheck& host : hosts) text += hostLine(host, width);
    for (const HostCheck& host : hosts)
        if (!usable(host)) text += host.name + ": " + reporting::printableLine(host.problem) + '\n';
    if (std::ranges::all_of(hosts, usable))
        text += "every host reaches a port of " + hosts.front().name + ", where rank 0 will be\n";
    return text;
}

std::string hostsJson(const std::vector<HostCheck>& hosts) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"ok", std::ranges::all_of(hosts, usable)},
                             {"hosts", nlohmann::json::array()}};
    for (const HostCheck& host : hosts) object["hosts"].push_back(hostJson(host));
    return reporting::jsonDump(object);
}

std::string versionJson() {
    return reporting::jsonDump(nlohmann::json{{"schema_version", jsonSchemaVersion},
                                              {"ringscope", version()},
                                              {"protocol", protocolVersion}});
}

}  // namespace ringscope
