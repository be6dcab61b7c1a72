#include "backend/report/analysis_text.h"

#include "backend/core/units.h"
#include "backend/report/wording.h"
#include "backend/trace/trace_files.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

namespace ringscope {
namespace {

std::string duration(std::int64_t ns) { return formatDuration(Nanos(ns)); }

// The sums by which other tools split a rank's time; ours are in the first table.
std::string variantsText(const std::vector<ToolVariants>& variants) {
    std::string text = fmt::format(
        "\nas other tools count it, ms\n{:>4}  {:>11}  {:>9}  {:>11}  {:>9}  {:>9}  {:>12}  "
        "{:>13}\n",
        "rank", "kernel time", "idle", "non-compute", "busy", "exposed", "exposed copy",
        "TB communic.");
    const auto ms = [](std::int64_t ns) {
        return fmt::format("{:.3f}", static_cast<double>(ns) / 1e6);
    };
    for (const ToolVariants& each : variants)
        text +=
            fmt::format("{:>4}  {:>11}  {:>9}  {:>11}  {:>9}  {:>9}  {:>12}  {:>13}\n", each.rank,
                        ms(each.hta.kernelTime), ms(each.hta.idle), ms(each.hta.nonCompute),
                        ms(each.traceLens.busy), ms(each.traceLens.exposedComm),
                        ms(each.traceLens.exposedMemcpy), ms(each.tensorBoard.communication));
    return text +
           "HTA: kernel time, idle, non-compute. TraceLens: busy, exposed, exposed copy. "
           "TB: the TensorBoard plugin.\n";
}

std::string pathText(const CriticalPath& path) {
    if (path.shares.size() < 2) return "";
    const auto percent = [&](std::int64_t part) {
        return fmt::format("{:.1f}",
                           100.0 * static_cast<double>(part) /
                               static_cast<double>(std::max<std::int64_t>(1, path.length())));
    };
    std::string text = fmt::format(
        "\ncritical path, % of {}\n{:>4}  {:>7}  {:>9}  {:>9}  {:>9}  {:>9}\n",
        duration(path.length()), "rank", "on it", "attention", "compute", "exposed", "idle");
    for (const PathShare& share : path.shares)
        text += fmt::format("{:>4}  {:>7}  {:>9}  {:>9}  {:>9}  {:>9}\n", share.rank,
                            percent(share.total), percent(share.attention), percent(share.compute),
                            percent(share.exposed), percent(share.idle));
    return text;
}

std::string bandwidthText(const std::vector<Bandwidth>& all) {
    if (all.empty()) return "";
    std::string text = fmt::format("\n{:<15}{:>9}  {:>10}  {:>11}  {:>11}\n", "messages", "count",
                                   "bytes", "algbw GB/s", "busbw GB/s");
    const auto rate = [](const std::optional<double>& value) {
        return value ? formatSignificant(*value) : std::string("-");
    };
    const auto add = [&](std::string_view name, const Bandwidth& of) {
        text += fmt::format("{:<15}{:>9}  {:>10}  {:>11}  {:>11}\n", name, formatCount(of.count),
                            formatBytes(Bytes{of.bytes}), rate(of.algbw), rate(of.busbw));
    };
    for (const Bandwidth& of : all) add(operationName(of.operation), of);
    if (all.size() > 1) add("all", *together(all));
    return text + "algbw has the waiting in it, busbw has not.\n";
}

// "20.0 MiB activations of step 3, layer 1"
std::string allocationText(const Allocation& allocation) {
    std::string text = fmt::format("{} {}", formatBytes(Bytes{allocation.bytes}),
                                   memoryCategoryName(allocation.category));
    if (allocation.layer >= 0)
        text += fmt::format(" of step {}, layer {}", allocation.step, allocation.layer);
    return text;
}

std::string memoryText(const std::vector<MemoryPeak>& peaks) {
    if (peaks.empty()) return "";
    std::string text =
        fmt::format("\nmemory at its peak\n{:>4}  {:>9}  {:>4}", "rank", "total", "step");
    for (int i = 0; i < memoryCategoryCount; ++i)
        text += fmt::format("  {:>13}", memoryCategoryName(static_cast<MemoryCategory>(i)));
    text += '\n';
    for (const MemoryPeak& peak : peaks) {
        text += fmt::format("{:>4}  {:>9}  {:>4}", peak.rank,
                            formatBytes(Bytes{totalOf(peak.held)}), peak.step);
        for (const std::int64_t bytes : peak.held)
            text += fmt::format("  {:>13}", bytes == 0 ? "-" : formatBytes(Bytes{bytes}));
        text += '\n';
    }
    const MemoryPeak& most = *std::ranges::max_element(
        peaks, {}, [](const MemoryPeak& peak) { return totalOf(peak.held); });
    constexpr std::size_t named = 3;
    text += fmt::format("largest on rank {} then: ", most.rank);
    for (std::size_t i = 0; i < std::min(named, most.largest.size()); ++i)
        text += (i == 0 ? "" : "; ") + allocationText(most.largest[i]);
    text += '\n';
    for (const MemoryPeak& peak : peaks)
        if (peak.segments > 0)
            text += fmt::format(
                "rank {} took at most {} from its GPU's driver: tensors, spare room for them, and "
                "what libraries took beside them\n",
                peak.rank, formatBytes(Bytes{peak.segments}));
    return text;
}

bool isForeign(const TraceAnalysis& analysis) { return !analysis.findings.source.empty(); }

// Times of a whole trace as milliseconds of one of its steps. Another tool's trace is looked at as
// a whole: its steps are the host's.
class StepMilliseconds {
public:
    explicit StepMilliseconds(const TraceAnalysis& analysis)
        : steps_(isForeign(analysis)
                     ? 1
                     : static_cast<double>(std::max<std::int64_t>(1, analysis.findings.steps))) {}

    std::string operator()(std::int64_t ns) const {
        return fmt::format("{:.2f}", static_cast<double>(ns) / 1e6 / steps_);
    }

private:
    double steps_;
};

// The column `unpaired` is there only where a rank is not in the trace.
bool hasUnpaired(const RunFindings& findings) {
    return findings.clock.splits && !findings.splitsAll();
}

std::string ranksText(const TraceAnalysis& analysis) {
    const RunFindings& findings = analysis.findings;
    const StepMilliseconds ms(analysis);
    const auto msIfSplit = [&](std::int64_t ns) {
        return findings.clock.splits ? ms(ns) : std::string("-");
    };
    const auto column = [&](const std::string& cell) {
        return hasUnpaired(findings) ? fmt::format("{:>9}  ", cell) : std::string();
    };
    std::string text = fmt::format(
        "{:>4}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>11}  {:>9}  {}{:>9}  {:>8}\n", "rank",
        isForeign(analysis) ? "span ms" : "step ms", "attention", "compute", "hidden", "exposed",
        "wait", "hidden wait", "transfer", column("unpaired"), "idle", "hidden %");
    for (const RankFigures& rank : findings.ranks) {
        const CommunicationFigures& c = rank.communication;
        const std::optional<double> overlap = rank.overlapPercent();
        text += fmt::format(
            "{:>4}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {:>11}  {:>9}  {}{:>9}  {:>8}\n",
            rank.rank, ms(rank.span), ms(rank.attention), ms(rank.compute), ms(c.hidden),
            ms(c.exposed), msIfSplit(c.wait), msIfSplit(c.hiddenWait), msIfSplit(c.transfer),
            column(ms(c.unpaired)), ms(rank.idle),
            overlap ? fmt::format("{:.1f}", *overlap) : "no comm.");
    }
    return text;
}

std::string blameText(const TraceAnalysis& analysis) {
    if (!analysis.findings.clock.splits) return "";
    const StepMilliseconds ms(analysis);
    std::string text = "\nothers waited for\n";
    for (const Blame& blame : analysis.findings.blame)
        text += fmt::format("{:>4}  {:>9} ms\n", blame.rank, ms(blame.causedWait));
    return text;
}

// What the figures are of, and which of them add up.
std::string scopeText(const TraceAnalysis& analysis) {
    const RunFindings& findings = analysis.findings;
    const std::string scope =
        isForeign(analysis)
            ? fmt::format("\nOf the whole trace, as {} recorded it; ", findings.source)
            : fmt::format("\nMeans over {} recorded steps. ", findings.steps);
    if (!findings.clock.splits) return scope + "hidden + exposed is all communication.\n";
    if (hasUnpaired(findings))
        return scope +
               "hidden + exposed is all communication, and so is wait + hidden wait + transfer + "
               "unpaired.\n";
    return scope +
           "hidden + exposed is all communication, and so is wait + hidden wait + transfer.\n";
}

std::string sentences(const TraceAnalysis& analysis) {
    std::string text = "clocks: " + analysis.findings.clock.sentence + ".\n";
    if (analysis.mode.known) text += "mode: " + analysis.mode.sentence() + ".\n";
    if (const std::optional<double> imbalance = analysis.imbalancePercent())
        text += fmt::format("imbalance: the busiest rank computes {:.1f} % more than the mean.\n",
                            *imbalance);
    if (analysis.slowdown)
        text += fmt::format(
            "attention: {} blocks with messages moving take {:.1f} % {} than {} like them "
            "without.\n",
            analysis.slowdown->beside, std::abs(analysis.slowdown->percent),
            analysis.slowdown->percent < 0 ? "less" : "longer", analysis.slowdown->alone);
    const auto dearest =
        std::ranges::max_element(analysis.recording, {}, &RecordingCost::percentOfStep);
    if (dearest != analysis.recording.end())
        text += fmt::format("recording cost rank {} the most: {}.\n", dearest->rank,
                            recordingWords(*dearest));
    return text;
}

std::string unknownText(const std::vector<TopSpan>& kernels) {
    if (kernels.empty()) return {};
    std::string text = "No kernel of this trace is known as communication. Its longest:\n";
    for (const TopSpan& kernel : kernels)
        text += fmt::format("  {:>10}  {:>7} ×  {}\n", formatDuration(Nanos(kernel.total)),
                            formatCount(kernel.count), reporting::printableLine(kernel.name));
    return text + fmt::format(
                      "Where one of them communicates, add a line to {}:\n"
                      "  ringscope trace rules save transfer '*NAME*' all-reduce\n\n",
                      kernelRuleFile().string());
}

}  // namespace

std::string analysisText(const TraceAnalysis& analysis) {
    std::string text = ranksText(analysis) + blameText(analysis) + pathText(analysis.path) +
                       bandwidthText(analysis.bandwidths) + memoryText(analysis.memory);
    text += unknownText(analysis.unknownKernels);
    if (isForeign(analysis)) text += variantsText(analysis.variants);
    text += scopeText(analysis) + sentences(analysis);
    for (const std::string& note : analysis.findings.notes)
        text += "note: " + reporting::printableLine(note) + '\n';
    return text;
}

std::string recordingWords(const RecordingCost& cost) {
    return fmt::format("{} spans a step, {} ns each: {} % of it",
                       formatCount(std::llround(cost.spansPerStep)), cost.spanNs,
                       formatSignificant(cost.percentOfStep));
}

}  // namespace ringscope
