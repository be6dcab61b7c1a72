#include "backend/core/csv.h"
#include "backend/compare/statistics.h"
#include "backend/core/text.h"
#include "backend/report/wording.h"
#include "backend/report/writers.h"
#include "backend/run/run_history.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>

namespace ringscope::reporting {
namespace {

// A field without its quotes: the text may hold anything but bytes that steer a terminal.
std::string text(std::string_view value) {
    std::string safe = validUtf8(value);
    const auto steers = [](char c) {
        const auto code = static_cast<unsigned char>(c);
        return (code < 0x20 && std::string_view("\t\r\n").find(c) == std::string_view::npos) ||
               code == 0x7f;
    };
    std::ranges::replace_if(safe, steers, ' ');
    return withoutFormula(safe);
}

// The shortest digits that read back equal; empty for what is no number.
std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string measured(const RunRecord& run, Bytes (*figure)(const RunRecord&)) {
    const std::optional<Bytes> bytes = measuredBytes(run, figure);
    return bytes ? std::to_string(bytes->count) : "";
}

std::string fromSpeed(const RunRecord& run, double RunSpeed::*figure) {
    const std::optional<RunSpeed> speed = runSpeed(run);
    return speed ? number(*speed.*figure) : "";
}

std::string ofOverlap(const RunRecord& run, std::optional<double> OverlapFigures::*figure) {
    if (!run.overlap) return "";
    const std::optional<double>& value = (*run.overlap).*figure;
    return value ? number(*value) : "";
}

std::string ofPrediction(const RunRecord& run, double RunPrediction::*figure) {
    return run.prediction ? number((*run.prediction).*figure) : "";
}

// Of each host, once where all have the same.
std::string ofHosts(const RunRecord& run, std::string (*value)(const HostFacts&)) {
    std::vector<std::string> values;
    for (const HostFacts& facts : run.environment.hosts)
        if (std::string one = value(facts);
            !one.empty() && std::ranges::find(values, one) == values.end())
            values.push_back(std::move(one));
    return text(join(values, "; "));
}

struct CsvColumn {
    std::string_view name;
    std::string (*value)(const RunRecord& run);
};

constexpr std::array columns = {
    CsvColumn{"run_id", [](const RunRecord& run) { return text(run.id.text); }},
    CsvColumn{"name", [](const RunRecord& run) { return text(run.name); }},
    CsvColumn{"experiment", [](const RunRecord& run) { return text(run.experiment); }},
    CsvColumn{"mode", [](const RunRecord& run) { return text(run.config.parallel.mode); }},
    CsvColumn{"repeat", [](const RunRecord& run) { return std::to_string(run.repeat); }},
    CsvColumn{"baseline",
              [](const RunRecord& run) { return std::string(run.baseline ? "true" : "false"); }},
    CsvColumn{"status", [](const RunRecord& run) { return std::string(statusName(run.status)); }},
    CsvColumn{"reason", [](const RunRecord& run) { return text(run.statusReason); }},
    CsvColumn{"ranks", [](const RunRecord& run) { return std::to_string(run.ranks); }},
    CsvColumn{"seq_len",
              [](const RunRecord& run) { return std::to_string(run.config.train.seqLen); }},
    CsvColumn{"steps", [](const RunRecord& run) { return std::to_string(stepsDone(run)); }},
    CsvColumn{"tokens_per_s",
              [](const RunRecord& run) { return fromSpeed(run, &RunSpeed::tokensPerSecond); }},
    CsvColumn{"step_ms_median",
              [](const RunRecord& run) { return fromSpeed(run, &RunSpeed::stepMedianMs); }},
    CsvColumn{"step_ms_p95",
              [](const RunRecord& run) { return fromSpeed(run, &RunSpeed::stepP95Ms); }},
    CsvColumn{"predicted_step_ms",
              [](const RunRecord& run) { return ofPrediction(run, &RunPrediction::stepMs); }},
    CsvColumn{"predicted_exposed_ms_per_step",
              [](const RunRecord& run) { return ofPrediction(run, &RunPrediction::exposedMs); }},
    CsvColumn{"predicted_wait_ms_per_step",
              [](const RunRecord& run) { return ofPrediction(run, &RunPrediction::waitMs); }},
    CsvColumn{"peak_bytes", [](const RunRecord& run) { return measured(run, peakMemory); }},
    CsvColumn{"comm_bytes_per_step",
              [](const RunRecord& run) { return measured(run, measuredAttentionBytes); }},
    CsvColumn{"predicted_comm_bytes_per_step",
              [](const RunRecord& run) {
                  return std::to_string(run.predictedAttentionBytesPerStep.count);
              }},
    CsvColumn{"gradient_bytes_per_step",
              [](const RunRecord& run) { return measured(run, measuredGradientBytes); }},
    CsvColumn{"exposed_ms_per_step",
              [](const RunRecord& run) {
                  return run.overlap ? number(run.overlap->exposedMs) : std::string();
              }},
    CsvColumn{"wait_ms_per_step",
              [](const RunRecord& run) { return ofOverlap(run, &OverlapFigures::waitMs); }},
    CsvColumn{"hidden_wait_ms_per_step",
              [](const RunRecord& run) { return ofOverlap(run, &OverlapFigures::hiddenWaitMs); }},
    CsvColumn{"hidden_pct",
              [](const RunRecord& run) { return ofOverlap(run, &OverlapFigures::hiddenPercent); }},
    CsvColumn{"busbw_gb_per_s",
              [](const RunRecord& run) { return ofOverlap(run, &OverlapFigures::busbw); }},
    CsvColumn{"algbw_gb_per_s",
              [](const RunRecord& run) { return ofOverlap(run, &OverlapFigures::algbw); }},
    CsvColumn{"final_loss",
              [](const RunRecord& run) {
                  return run.steps.empty() ? std::string() : number(run.steps.back().loss);
              }},
    CsvColumn{"final_grad_norm",
              [](const RunRecord& run) {
                  return run.steps.empty() ? std::string() : number(run.steps.back().gradNorm);
              }},
    CsvColumn{"parity",
              [](const RunRecord& run) { return std::string(parityWord(parityVerdict(run))); }},
    CsvColumn{"max_loss_diff",
              [](const RunRecord& run) {
                  return run.parity ? number(run.parity->maxLossDiff) : std::string();
              }},
    CsvColumn{"max_grad_norm_rel_diff",
              [](const RunRecord& run) {
                  return run.parity ? number(run.parity->maxGradNormRelDiff) : std::string();
              }},
    CsvColumn{"device", [](const RunRecord& run) { return text(run.device); }},
    CsvColumn{"versions", [](const RunRecord& run) { return text(run.versions); }},
    CsvColumn{"created", [](const RunRecord& run) { return utcIso(run.createdUs); }},
    CsvColumn{"processor",
              [](const RunRecord& run) {
                  return ofHosts(run, [](const HostFacts& facts) { return facts.processor; });
              }},
    CsvColumn{"cores",
              [](const RunRecord& run) {
                  return ofHosts(
                      run, [](const HostFacts& facts) { return std::to_string(facts.cores); });
              }},
    CsvColumn{"memory_bytes",
              [](const RunRecord& run) {
                  return ofHosts(run, [](const HostFacts& facts) {
                      return std::to_string(facts.memory.count);
                  });
              }},
    CsvColumn{"gpus",
              [](const RunRecord& run) {
                  return ofHosts(run, [](const HostFacts& facts) { return gpuWords(facts.gpus); });
              }},
    CsvColumn{"driver",
              [](const RunRecord& run) {
                  return ofHosts(run, [](const HostFacts& facts) { return facts.driver; });
              }},
    CsvColumn{"network", [](const RunRecord& run) { return text(run.environment.network); }},
    CsvColumn{"system",
              [](const RunRecord& run) {
                  return ofHosts(run, [](const HostFacts& facts) { return facts.system; });
              }},
    CsvColumn{"commit", [](const RunRecord& run) { return text(run.environment.origin.commit); }},
    CsvColumn{"dirty",
              [](const RunRecord& run) {
                  const std::optional<bool>& dirty = run.environment.origin.dirty;
                  return std::string(!dirty ? "" : *dirty ? "true" : "false");
              }},
    CsvColumn{"command", [](const RunRecord& run) { return text(run.environment.origin.command); }},
    CsvColumn{"tags", [](const RunRecord& run) { return text(join(run.tags, " ")); }},
    CsvColumn{"note", [](const RunRecord& run) { return text(run.note); }},
    CsvColumn{"trained_parameters",
              [](const RunRecord& run) {
                  return run.trainedParameters > 0 ? std::to_string(run.trainedParameters)
                                                   : std::string();
              }},
    CsvColumn{"continues",
              [](const RunRecord& run) {
                  return run.continues ? text(run.continues->run.text) : std::string();
              }},
    CsvColumn{"lost_steps",
              [](const RunRecord& run) { return std::to_string(lostStepsOf(run)); }},
};

template <typename Value>
std::string line(Value valueOf) {
    std::string text;
    for (const CsvColumn& column : columns) {
        if (&column != &columns.front()) text += ',';
        text += csvField(valueOf(column));
    }
    return text + "\r\n";
}

}  // namespace

std::string writeCsv(const Report& report) {
    std::string table = line([](const CsvColumn& column) { return std::string(column.name); });
    for (const RunRecord& run : report.runs)
        table += line([&](const CsvColumn& column) { return column.value(run); });
    return table;
}

}  // namespace ringscope::reporting
