#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/trace_json.h"
#include "backend/report/trace_json_parts.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

namespace ringscope {
namespace {

using reporting::communicationJson;
using reporting::recordingJson;
using reporting::ringStepRows;
using json = nlohmann::ordered_json;

template <typename Value>
json orNull(const std::optional<Value>& value) {
    return value ? json(*value) : json(nullptr);
}

json unknownRows(const std::vector<TopSpan>& kernels) {
    json rows = json::array();
    for (const TopSpan& kernel : kernels)
        rows.push_back(
            {{"name", kernel.name}, {"total_ns", kernel.total}, {"count", kernel.count}});
    return rows;
}

json variantsJson(const ToolVariants& variants) {
    const HtaFigures& hta = variants.hta;
    const TraceLensFigures& lens = variants.traceLens;
    const TensorBoardFigures& board = variants.tensorBoard;
    return {{"rank", variants.rank},
            {"hta",
             {{"kernel_time_ns", hta.kernelTime},
              {"idle_time_ns", hta.idle},
              {"compute_time_ns", hta.compute},
              {"non_compute_time_ns", hta.nonCompute},
              {"comp_comm_overlap_pctg", orNull(hta.overlapPercent)},
              {"kernel_types_ns",
               {{"COMPUTATION", hta.computeOnly},
                {"COMMUNICATION", hta.commOnly},
                {"MEMORY", hta.memoryOnly},
                {"COMPUTATION overlapping COMMUNICATION", hta.computeAndComm},
                {"COMPUTATION overlapping MEMORY", hta.computeAndMemory},
                {"COMMUNICATION overlapping MEMORY", hta.commAndMemory},
                {"COMPUTATION overlapping COMMUNICATION overlapping MEMORY", hta.allThree}}},
              {"idle_in_streams_ns",
               {{"host_wait", hta.hostWait},
                {"kernel_wait", hta.kernelWait},
                {"other", hta.otherWait}}}}},
            {"tracelens",
             {{"computation_time_ns", lens.computation},
              {"exposed_comm_time_ns", lens.exposedComm},
              {"exposed_memcpy_time_ns", lens.exposedMemcpy},
              {"busy_time_ns", lens.busy},
              {"idle_time_ns", lens.idle},
              {"total_time_ns", lens.total}}},
            {"tensorboard",
             {{"computation_ns", board.computation},
              {"overlapping_ns", board.overlapping},
              {"communication_ns", board.communication},
              {"other_ns", board.other}}}};
}

json executedJson(const ExecutedMode& mode) {
    const auto traffic = [](const std::map<Operation, double>& of) {
        json counts = json::object();
        for (const auto& [operation, count] : of)
            counts[std::string(operationName(operation))] = count;
        return counts;
    };
    return {{"configured", mode.configured.empty() ? json(nullptr) : json(mode.configured)},
            {"fits", mode.fits},
            {"agrees", mode.known ? json(mode.agrees) : json(nullptr)},
            {"per_layer_forward", traffic(mode.traffic.forward)},
            {"per_layer_backward", traffic(mode.traffic.backward)},
            {"sentence", mode.sentence()}};
}

json pathJson(const CriticalPath& path) {
    json shares = json::array();
    for (const PathShare& share : path.shares)
        shares.push_back({{"rank", share.rank},
                          {"total_ns", share.total},
                          {"attention_ns", share.attention},
                          {"compute_ns", share.compute},
                          {"exposed_ns", share.exposed},
                          {"idle_ns", share.idle}});
    return {{"length_ns", path.length()},
            {"pieces", path.pieces.size()},
            {"by_rank", std::move(shares)}};
}

json memoryJson(const MemoryPeak& peak) {
    json byCategory = json::object();
    for (int i = 0; i < memoryCategoryCount; ++i)
        byCategory[std::string(memoryCategoryName(static_cast<MemoryCategory>(i)))] =
            peak.held[static_cast<std::size_t>(i)];
    json largest = json::array();
    for (const Allocation& allocation : peak.largest)
        largest.push_back(
            {{"bytes", allocation.bytes},
             {"category", memoryCategoryName(allocation.category)},
             {"step", allocation.step},
             {"layer", allocation.layer < 0 ? json(nullptr) : json(allocation.layer)}});
    return {{"rank", peak.rank},
            {"peak_bytes", totalOf(peak.held)},
            {"at_ns", peak.at},
            {"step", peak.step},
            {"pass", peak.pass == SpanPass::None ? json(nullptr) : json(spanPassName(peak.pass))},
            {"layer", peak.layer < 0 ? json(nullptr) : json(peak.layer)},
            {"by_category", std::move(byCategory)},
            {"segments_bytes", peak.segments > 0 ? json(peak.segments) : json(nullptr)},
            {"largest", std::move(largest)}};
}

json rankJson(const RankFigures& rank, const StepParts& parts, bool splits) {
    json row = {{"rank", rank.rank},
                {"span_ns", rank.span},
                {"attention_ns", rank.attention},
                {"compute_ns", rank.compute}};
    row.update(communicationJson(rank.communication, splits));
    json waits = json::array();
    for (const auto& [late, time] : parts.waiting)
        waits.push_back({{"rank", late}, {"exposed_ns", time}});
    row.update({{"copies_ns", rank.copies},
                {"copies_exposed_ns", rank.copiesExposed},
                {"idle_ns", rank.idle},
                {"launch_gap_ns", parts.launchGap},
                {"tail_ns", parts.tail},
                {"waits_for", std::move(waits)},
                {"from_gpu", rank.fromGpu},
                {"overlap_pct", orNull(rank.overlapPercent())}});
    return row;
}

json analysisObject(const TraceAnalysis& analysis) {
    const RunFindings& findings = analysis.findings;
    const bool splits = findings.clock.splits;
    const std::optional<Bandwidth> all = together(analysis.bandwidths);
    json object = {
        {"schema_version", jsonSchemaVersion},
        {"source", findings.source.empty() ? "ringscope" : findings.source},
        {"steps", findings.steps},
        {"executed_mode", analysis.mode.name()},
        {"executed", executedJson(analysis.mode)},
        {"exposed_ms_per_step", findings.exposedMsPerStep()},
        {"wait_ms_per_step", findings.splitsAll() ? json(findings.waitMsPerStep()) : json(nullptr)},
        {"hidden_wait_ms_per_step",
         findings.splitsAll() ? json(findings.hiddenWaitMsPerStep()) : json(nullptr)},
        {"hidden_pct", orNull(findings.hiddenPercent())},
        {"busbw_gb_per_s", all ? orNull(all->busbw) : json(nullptr)},
        {"algbw_gb_per_s", all ? orNull(all->algbw) : json(nullptr)},
        {"imbalance_pct", orNull(analysis.imbalancePercent())},
        {"attention_slowdown_pct",
         analysis.slowdown ? json(analysis.slowdown->percent) : json(nullptr)},
        {"dropped", findings.dropped},
        {"unmatched", findings.unmatched},
        {"clock",
         {{"residual_ns", findings.clockErrorNs},
          {"verdict", findings.clock.sentence},
          {"splits_wait_from_transfer", splits},
          {"median_transfer_ns", findings.clock.medianTransfer}}},
        {"invariants_ok", analysis.violations.empty()},
        {"violations", analysis.violations},
        {"notes", findings.notes},
        {"ranks", json::array()},
        {"ring_steps", ringStepRows(findings)},
        {"blame", json::array()},
        {"critical_path", pathJson(analysis.path)},
        {"bandwidth", json::array()},
        {"longest_kernels_without_communication", unknownRows(analysis.unknownKernels)},
        {"memory", json::array()},
        {"other_tools", json::array()},
        {"recording", json::array()}};
    for (std::size_t r = 0; r < findings.ranks.size(); ++r)
        object["ranks"].push_back(rankJson(findings.ranks[r], analysis.parts[r], splits));
    if (splits)
        for (const Blame& blame : findings.blame)
            object["blame"].push_back({{"rank", blame.rank}, {"caused_wait_ns", blame.causedWait}});
    for (const Bandwidth& of : analysis.bandwidths)
        object["bandwidth"].push_back({{"operation", operationName(of.operation)},
                                       {"count", of.count},
                                       {"bytes", of.bytes},
                                       {"algbw_gb_per_s", orNull(of.algbw)},
                                       {"busbw_gb_per_s", orNull(of.busbw)}});
    for (const MemoryPeak& peak : analysis.memory) object["memory"].push_back(memoryJson(peak));
    for (const RecordingCost& cost : analysis.recording) {
        json row = {{"rank", cost.rank}};
        row.update(recordingJson(cost));
        object["recording"].push_back(std::move(row));
    }
    for (const ToolVariants& each : analysis.variants)
        object["other_tools"].push_back(variantsJson(each));
    return object;
}

}  // namespace

std::string analysisJson(const TraceAnalysis& analysis) {
    return reporting::jsonDump(analysisObject(analysis));
}

std::string analysisCsv(const TraceAnalysis& analysis) {
    return reporting::csvOf(analysisObject(analysis)["ranks"]);
}

}  // namespace ringscope
