#include "backend/trace/trace_origin.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace ringscope {

namespace {

std::vector<TraceGroup> groupsFrom(const nlohmann::json& words) {
    std::vector<TraceGroup> groups;
    for (const auto& [first, count] : words.value("groups", std::vector<std::pair<int, int>>{}))
        groups.push_back({first, count});
    return groups;
}

}  // namespace

nlohmann::json traceOriginJson(const TraceOrigin& origin) {
    nlohmann::json words = {{"run", origin.run},          {"rank", origin.rank},
                            {"world", origin.world},      {"host", origin.host},
                            {"pid", origin.pid},          {"mode", origin.mode},
                            {"device", origin.device},    {"first_step", origin.firstStep},
                            {"end_step", origin.endStep}, {"gpu_activity", origin.gpuActivity},
                            {"source", origin.source}};
    if (!origin.recorded.empty()) words["recorded"] = origin.recorded;
    for (const TraceGroup& group : origin.groups)
        words["groups"].push_back({group.first, group.count});
    if (origin.spanCostNs > 0) words["span_cost_ns"] = origin.spanCostNs;
    return words;
}

std::optional<TraceOrigin> traceOriginFrom(const nlohmann::json& words) {
    if (!words.is_object()) return std::nullopt;
    try {
        TraceOrigin origin{.run = words.value("run", ""),
                           .rank = words.value("rank", 0),
                           .world = words.value("world", 1),
                           .host = words.value("host", ""),
                           .pid = words.value("pid", std::int64_t{0}),
                           .mode = words.value("mode", ""),
                           .device = words.value("device", ""),
                           .firstStep = words.value("first_step", std::int64_t{0}),
                           .endStep = words.value("end_step", std::int64_t{0}),
                           .gpuActivity = words.value("gpu_activity", ""),
                           .source = words.value("source", ""),
                           .spanCostNs = words.value("span_cost_ns", std::int64_t{0}),
                           .recorded = words.value("recorded", std::vector<int>{}),
                           .groups = groupsFrom(words)};
        if (origin.rank < 0 || origin.world < 1 || origin.spanCostNs < 0) return std::nullopt;
        return origin;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

}  // namespace ringscope
