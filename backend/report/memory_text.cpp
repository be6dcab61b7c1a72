#include "backend/report/memory_text.h"

#include "backend/core/text.h"
#include "backend/report/aligned_table.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"
#include "backend/trace/memory_look.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>

namespace ringscope {
namespace {

using MemoryRow = std::vector<std::string>;

std::int64_t bytesOf(const PlannedMemory& run, MemoryCategory category) {
    return run.memory.peak.held[static_cast<std::size_t>(category)];
}

// Of which any run holds something at its peak.
std::vector<MemoryCategory> plannedCategories(const std::vector<PlannedMemory>& runs) {
    std::vector<MemoryCategory> held;
    for (const MemoryCategory category : memoryStack())
        if (std::ranges::any_of(
                runs, [&](const PlannedMemory& run) { return bytesOf(run, category) > 0; }))
            held.push_back(category);
    return held;
}

std::string overview(const std::vector<PlannedMemory>& runs) {
    const std::vector<MemoryCategory> categories = plannedCategories(runs);
    const bool budgets =
        std::ranges::any_of(runs, [](const PlannedMemory& run) { return run.budget.has_value(); });
    std::vector<MemoryRow> rows = {{"name", "mode", "moment", "device", "ranks", "peak"}};
    if (budgets) rows[0].emplace_back("budget");
    for (const MemoryCategory category : categories)
        rows[0].emplace_back(memoryCategoryName(category));
    for (const PlannedMemory& run : runs) {
        MemoryRow row = {run.name,
                         run.mode,
                         peakMomentText(run.memory.peak),
                         std::string(deviceWord(run.device)),
                         std::to_string(run.ranks),
                         formatBytes({run.memory.peak.bytes()})};
        if (budgets)
            row.push_back(!run.budget ? "-"
                                      : fmt::format("{} {}", formatBytes(*run.budget),
                                                    *run.memory.fits ? "fits" : "exceeded"));
        for (const MemoryCategory category : categories) {
            const std::int64_t bytes = bytesOf(run, category);
            row.push_back(bytes == 0 ? "-" : formatBytes({bytes}));
        }
        rows.push_back(std::move(row));
    }
    return alignedTable(rows, 4);
}

// "+1.2 MiB", "-300 KiB", "-"
std::string signedBytes(std::int64_t bytes) {
    if (bytes == 0) return "-";
    return (bytes < 0 ? "-" : "+") + formatBytes({std::abs(bytes)});
}

std::string signedFlops(double flops) {
    if (flops == 0) return "-";
    return (flops < 0 ? "-" : "+") + formatFlops(std::abs(flops));
}

std::string waterfallText(const PlannedMemory& run) {
    std::vector<MemoryRow> rows = {
        {"lever", "peak", "change", "sent a step", "disk a step", "work a step"}};
    std::int64_t before = 0;
    for (const WaterfallRow& row : run.memory.waterfall) {
        const bool first = rows.size() == 1;
        rows.push_back({row.lever, formatBytes({row.peakBytes}),
                        first ? "" : signedBytes(row.peakBytes - before),
                        first ? "" : signedBytes(row.price.messageBytes),
                        first ? "" : signedBytes(row.price.diskBytes),
                        first ? "" : signedFlops(row.price.flops)});
        before = row.peakBytes;
    }
    return "\n" + run.name + "\n" + alignedTable(rows, 1);
}

std::string besideText(const PlannedMemory& run) {
    std::string text;
    for (const BesideTensors& beside : run.memory.besideTensors)
        text += fmt::format("{}: beside tensors about {} for {}, an estimate ({})\n", run.name,
                            formatBytes({beside.bytes}), beside.name, beside.source);
    return text;
}

nlohmann::json memoryRunJson(const PlannedMemory& run) {
    const MemoryPlan& memory = run.memory;
    nlohmann::json categories = nlohmann::json::object();
    for (int i = 0; i < memoryCategoryCount; ++i)
        categories[std::string(memoryCategoryName(static_cast<MemoryCategory>(i)))] =
            memory.peak.held[static_cast<std::size_t>(i)];
    nlohmann::json beside = nlohmann::json::array();
    for (const BesideTensors& each : memory.besideTensors)
        beside.push_back({{"name", each.name},
                          {"bytes", each.bytes},
                          {"estimate", true},
                          {"source", each.source}});
    nlohmann::json waterfall = nlohmann::json::array();
    for (const WaterfallRow& row : memory.waterfall)
        waterfall.push_back({{"lever", row.lever},
                             {"peak_bytes", row.peakBytes},
                             {"price",
                              {{"message_bytes", row.price.messageBytes},
                               {"disk_bytes", row.price.diskBytes},
                               {"flops", row.price.flops}}}});
    const int layer = memory.peak.layer;
    return {{"name", reporting::validUtf8(run.name)},
            {"mode", run.mode},
            {"ranks", run.ranks},
            {"device", nameOf(run.device)},
            {"peak_bytes", memory.peak.bytes()},
            {"peak_moment",
             {{"pass", spanPassName(memory.peak.pass)},
              {"layer", layer < 0 ? nlohmann::json(nullptr) : nlohmann::json(layer)},
              {"rank", memory.peak.rank}}},
            {"categories", std::move(categories)},
            {"host_bytes", memory.hostBytes},
            {"disk_bytes", memory.diskBytes},
            {"node_disk_bytes", memory.hostDiskBytes},
            {"fits", memory.fits ? nlohmann::json(*memory.fits) : nlohmann::json(nullptr)},
            {"beside_tensors", std::move(beside)},
            {"waterfall", std::move(waterfall)}};
}

}  // namespace

Result<std::vector<PlannedMemory>> plannedMemory(const std::vector<RunRequest>& requests) {
    std::vector<PlannedMemory> runs;
    for (const RunRequest& request : requests) {
        RINGSCOPE_TRY(MemoryPlan memory, planMemory(request.plan));
        const RunConfig& config = request.plan.config;
        runs.push_back({.name = request.name,
                        .mode = config.parallel.mode,
                        .ranks = request.plan.ranks,
                        .device = config.launch.device == DeviceChoice::Cuda ? DeviceChoice::Cuda
                                                                             : DeviceChoice::Cpu,
                        .budget = config.memory.budget,
                        .memory = std::move(memory)});
    }
    return runs;
}

std::string_view deviceWord(DeviceChoice device) {
    return device == DeviceChoice::Cuda ? "GPU" : "CPU";
}

std::string peakMomentText(const PredictedPeak& peak) {
    const bool layered = peak.layer >= 0;
    switch (peak.pass) {
        case SpanPass::Forward:
            return layered ? fmt::format("forward, layer {}", peak.layer)
                           : "forward, beside layers";
        case SpanPass::Backward:
            return layered ? fmt::format("backward, layer {}", peak.layer)
                           : "backward, beside layers";
        case SpanPass::Recompute:
            return fmt::format("recomputation, layer {}", peak.layer);
        case SpanPass::Update:
            return "update";
        case SpanPass::None:
            break;
    }
    return "before the step";
}

std::string peakText(const PredictedPeak& peak) {
    std::vector<std::size_t> order(peak.held.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, std::greater<>{}, [&](std::size_t i) { return peak.held[i]; });
    std::vector<std::string> parts;
    for (const std::size_t i : order)
        if (peak.held[i] * 100 > peak.bytes())
            parts.push_back(fmt::format("{} {}", memoryCategoryName(static_cast<MemoryCategory>(i)),
                                        formatBytes({peak.held[i]})));
    return fmt::format("{} on rank {}, {}: {}", formatBytes({peak.bytes()}), peak.rank,
                       peakMomentText(peak), join(parts, ", "));
}

std::string priceText(const LeverPrice& price) {
    std::vector<std::string> parts;
    if (price.messageBytes != 0) parts.push_back(signedBytes(price.messageBytes) + " sent");
    if (price.diskBytes != 0) parts.push_back(signedBytes(price.diskBytes) + " disk");
    if (price.flops != 0) parts.push_back(signedFlops(price.flops));
    return parts.empty() ? "" : join(parts, ", ") + " a step";
}

std::string memoryPlanText(const std::vector<PlannedMemory>& runs) {
    if (runs.empty()) return "";
    std::string text = overview(runs);
    for (const PlannedMemory& run : runs) text += waterfallText(run);
    for (const PlannedMemory& run : runs) text += besideText(run);
    return text +
           "\nBytes are of the tensors of the rank that holds the most, predicted, on the device "
           "of launch.device or --machine; on another device they differ. naive: every rank holds "
           "the optimizer's whole state and keeps all activations.\n";
}

std::string memoryPlanJson(const std::string& experiment, const std::vector<PlannedMemory>& runs,
                           const std::vector<RefusedRun>& refused) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"experiment", reporting::validUtf8(experiment)},
                             {"runs", nlohmann::json::array()},
                             {"refusals", refusalsJson(refused)}};
    for (const PlannedMemory& run : runs) object["runs"].push_back(memoryRunJson(run));
    return reporting::jsonDump(object);
}

}  // namespace ringscope
