#include "app/cli/trace_json.h"

#include "backend/report/run_json.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace ringscope::cli {
namespace {

using nlohmann::json;

template <typename Value>
json orNull(const std::optional<Value>& value) {
    return value ? json(*value) : json(nullptr);
}

// Wait and transfer are null where the clocks do not let them be told apart.
json communicationJson(const CommunicationFigures& figures, bool splits) {
    const auto ifSplit = [&](std::int64_t value) { return splits ? json(value) : json(nullptr); };
    return {{"comm_ns", figures.comm},
            {"hidden_ns", figures.hidden},
            {"exposed_ns", figures.exposed},
            {"wait_ns", ifSplit(figures.wait)},
            {"wait_exposed_ns", ifSplit(figures.waitExposed)},
            {"transfer_ns", ifSplit(figures.transfer)},
            {"bytes", figures.bytes}};
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

}  // namespace

json analysisJson(const RunFindings& findings, const std::vector<ToolVariants>& variants) {
    const bool splits = findings.clock.splits;
    std::vector<std::string> violations = findings.violations;
    json object = {{"schema_version", jsonSchemaVersion},
                   {"source", findings.source.empty() ? "ringscope" : findings.source},
                   {"steps", findings.steps},
                   {"exposed_ms_per_step", findings.exposedMsPerStep()},
                   {"wait_ms_per_step", splits ? json(findings.waitMsPerStep()) : json(nullptr)},
                   {"hidden_pct", orNull(findings.hiddenPercent())},
                   {"dropped", findings.dropped},
                   {"unmatched", findings.unmatched},
                   {"clock",
                    {{"residual_ns", findings.clockErrorNs},
                     {"verdict", findings.clock.sentence},
                     {"splits_wait_from_transfer", splits},
                     {"median_transfer_ns", findings.clock.medianTransfer}}},
                   {"notes", findings.notes},
                   {"ranks", json::array()},
                   {"ring_steps", json::array()},
                   {"blame", json::array()},
                   {"other_tools", json::array()}};
    for (const RankFigures& rank : findings.ranks) {
        json row = communicationJson(rank.communication, splits);
        row.update({{"rank", rank.rank},
                    {"span_ns", rank.span},
                    {"attention_ns", rank.attention},
                    {"compute_ns", rank.compute},
                    {"copies_ns", rank.copies},
                    {"copies_exposed_ns", rank.copiesExposed},
                    {"idle_ns", rank.idle},
                    {"from_gpu", rank.fromGpu},
                    {"overlap_pct", orNull(rank.overlapPercent())}});
        object["ranks"].push_back(std::move(row));
    }
    for (const RingStepFigures& step : findings.ringSteps) {
        json row = communicationJson(step.communication, splits);
        row.update({{"rank", step.rank},
                    {"pass", spanPassName(step.pass)},
                    {"ring_step", step.ringStep},
                    {"attention_ns", step.attention}});
        object["ring_steps"].push_back(std::move(row));
    }
    if (splits)
        for (const Blame& blame : findings.blame)
            object["blame"].push_back({{"rank", blame.rank}, {"caused_wait_ns", blame.causedWait}});
    for (const ToolVariants& each : variants) {
        object["other_tools"].push_back(variantsJson(each));
        violations.insert(violations.end(), each.violations.begin(), each.violations.end());
    }
    object["violations"] = violations;
    object["invariants_ok"] = violations.empty();
    return object;
}

json infoJson(const Trace& trace) {
    json object = {{"schema_version", jsonSchemaVersion},
                   {"span_ns", trace.end - trace.begin},
                   {"spans", trace.spans()},
                   {"clock_residual_ns", trace.clockErrorNs},
                   {"notes", trace.notes},
                   {"ranks", json::array()}};
    for (const RankTrace& rank : trace.ranks) {
        json streams = json::array();
        for (const GpuStream& stream : rank.gpu)
            streams.push_back({{"device", stream.device},
                               {"context", stream.context},
                               {"stream", stream.stream},
                               {"spans", stream.spans.size()}});
        object["ranks"].push_back(
            {{"rank", rank.origin.rank},
             {"world", rank.origin.world},
             {"run", rank.origin.run},
             {"host", rank.origin.host},
             {"mode", rank.origin.mode},
             {"device", rank.origin.device},
             {"source", rank.origin.source.empty() ? "ringscope" : rank.origin.source},
             {"steps", {rank.origin.firstStep, rank.origin.endStep}},
             {"host_spans", rank.spans.size()},
             {"gpu_streams", std::move(streams)},
             {"dropped", rank.dropped},
             {"complete", rank.complete}});
    }
    return object;
}

}  // namespace ringscope::cli
