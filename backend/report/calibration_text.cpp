#include "backend/report/calibration_text.h"

#include "backend/core/units.h"
#include "backend/report/aligned_table.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <vector>

namespace ringscope {
namespace {

std::string rateSpan(const std::vector<RatePoint>& points) {
    const auto gigaflops = [](double tflops) { return formatSignificant(tflops * 1000); };
    return fmt::format("{} at {} to {} at {} GFLOP/s", gigaflops(points.front().tflops),
                       points.front().size, gigaflops(points.back().tflops), points.back().size);
}

}  // namespace

std::string calibrationText(const CalibrationSummary& summary) {
    const Machine& machine = summary.calibration.machine;
    std::vector<std::vector<std::string>> rows{{"measured", "rate"}};
    for (const AttentionTable& table : machine.attention)
        rows.push_back({fmt::format("{} blocks, {}", maskName(table.mask),
                                    table.pass == Pass::Forward ? "forward" : "backward"),
                        rateSpan(table.points)});
    for (const ProductTable& table : machine.products)
        rows.push_back({fmt::format("products, {}", nameOf(table.format)), rateSpan(table.points)});
    const auto gigabytes = [](double bytes) { return formatSignificant(bytes / 1e9) + " GB/s"; };
    rows.push_back({"passes over memory", gigabytes(machine.device.bandwidth)});
    const LinkLevel& link = machine.links.back();
    rows.push_back(
        {"messages between ranks", fmt::format("{}, {} latency", gigabytes(link.bandwidth),
                                               formatDuration(Nanos(link.latencyNanos)))});
    rows.push_back({"disk", fmt::format("{} read, {} write", gigabytes(machine.host.diskRead),
                                        gigabytes(machine.host.diskWrite))});
    std::string text = machine.about + "\n" + alignedTable(rows, 2) +
                       fmt::format("Half of all blocks were within {:.1f} % of their median.\n",
                                   summary.calibration.spreadPercent);
    if (summary.before) {
        text += fmt::format(
            "Since {}: {}.\n", summary.before->measured,
            summary.drifted ? "this machine has changed" : "this machine has hardly changed");
        for (const std::string& sentence : summary.drift.sentences) text += "  " + sentence + "\n";
    }
    return text + (summary.kept ? "Kept in " + summary.file + " as machine this.\n"
                                : "What was measured before is kept.\n");
}

std::string calibrationJson(const CalibrationSummary& summary) {
    using OrderedJson = nlohmann::ordered_json;
    const Machine& machine = summary.calibration.machine;
    const auto points = [](const std::vector<RatePoint>& rates) {
        OrderedJson list = OrderedJson::array();
        for (const RatePoint& point : rates)
            list.push_back({{"size", point.size}, {"tflops", point.tflops}});
        return list;
    };
    OrderedJson attention = OrderedJson::array();
    for (const AttentionTable& table : machine.attention)
        attention.push_back({{"mask", maskName(table.mask)},
                             {"pass", table.pass == Pass::Forward ? "forward" : "backward"},
                             {"rates", points(table.points)}});
    OrderedJson products = OrderedJson::array();
    for (const ProductTable& table : machine.products)
        products.push_back({{"type", nameOf(table.format)}, {"rates", points(table.points)}});
    OrderedJson object = {
        {"schema_version", jsonSchemaVersion},
        {"machine",
         {{"name", machine.name},
          {"about", machine.about},
          {"measured", machine.measured},
          {"cores", machine.device.cores},
          {"pass_bytes_per_s", machine.device.bandwidth},
          {"attention", std::move(attention)},
          {"products", std::move(products)},
          {"message_bytes_per_s", machine.links.back().bandwidth},
          {"message_latency_s", static_cast<double>(machine.links.back().latencyNanos) / 1e9},
          {"disk_read_bytes_per_s", machine.host.diskRead},
          {"disk_write_bytes_per_s", machine.host.diskWrite}}},
        {"spread_pct", summary.calibration.spreadPercent},
        {"drift", nullptr},
        {"drifted", summary.drifted},
        {"kept", summary.kept},
        {"file", summary.file}};
    if (summary.before)
        object["drift"] = {{"since", summary.before->measured},
                           {"worst_pct", summary.drift.worstPercent},
                           {"changes", summary.drift.sentences}};
    return reporting::jsonDump(object);
}

}  // namespace ringscope
