#include "backend/report/trace_text.h"

#include "backend/core/units.h"
#include "backend/report/analysis_text.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace ringscope {
namespace {

std::string notesText(const std::vector<std::string>& notes) {
    std::string text;
    for (const std::string& note : notes) text += "note: " + reporting::printableLine(note) + '\n';
    return text;
}

std::string ms(double ns) { return formatSignificant(ns / 1e6); }

// "+3.1", "-27.0", "0"
std::string signedMs(double ns) {
    if (std::abs(ns) < 500) return "0";
    return (ns < 0 ? "-" : "+") + ms(std::abs(ns));
}

using Figure = std::int64_t (*)(const RingStepFigures& step);

std::string matrix(const RunFindings& findings, SpanPass pass, const char* title, Figure figure) {
    std::map<std::pair<int, int>, std::int64_t> cells;
    std::set<int> ranks;
    std::set<int> columns;
    for (const RingStepFigures& step : findings.ringSteps) {
        if (step.pass != pass) continue;
        cells[{step.rank, step.ringStep}] = figure(step);
        ranks.insert(step.rank);
        columns.insert(step.ringStep);
    }
    if (ranks.empty()) return "";
    const double steps = static_cast<double>(std::max<std::int64_t>(1, findings.steps));
    std::string text = fmt::format("{} {}\nrank", spanPassName(pass), title);
    for (const int column : columns) text += fmt::format("  {:>9}", fmt::format("step {}", column));
    text += '\n';
    for (const int rank : ranks) {
        text += fmt::format("{:>4}", rank);
        for (const int column : columns) {
            const auto cell = cells.find({rank, column});
            text += fmt::format("  {:>9}", cell == cells.end()
                                               ? "-"
                                               : ms(static_cast<double>(cell->second) / steps));
        }
        text += '\n';
    }
    return text + '\n';
}

}  // namespace

std::string traceInfoText(const TraceContents& trace) {
    std::string text = fmt::format("{} spans of {} {} over {}\n",
                                   formatCount(static_cast<std::int64_t>(trace.spans())),
                                   trace.ranks.size(), trace.ranks.size() == 1 ? "rank" : "ranks",
                                   formatDuration(Nanos(trace.end - trace.begin)));
    for (const RankContents& rank : trace.ranks) {
        const TraceOrigin& origin = rank.origin;
        text +=
            reporting::printableLine(fmt::format(
                "rank {} of {}: {}{}{}{}", origin.rank, origin.world,
                origin.source.empty() ? "recorded by Ringscope" : "recorded by " + origin.source,
                origin.mode.empty() ? "" : ", mode " + origin.mode,
                origin.device.empty() ? "" : ", " + origin.device,
                origin.host.empty() ? "" : ", host " + origin.host)) +
            '\n';
        text += fmt::format("    host: {} spans\n",
                            formatCount(static_cast<std::int64_t>(rank.hostSpans)));
        if (const std::optional<RecordingCost> cost = recordingCost(rank))
            text += "    recording: " + recordingWords(*cost) + '\n';
        for (const StreamContents& stream : rank.gpu)
            text += fmt::format("    GPU {} stream {}: {} spans\n", stream.device, stream.stream,
                                formatCount(static_cast<std::int64_t>(stream.spans)));
    }
    return text + notesText(trace.notes);
}

std::string ringStepText(const RunFindings& findings) {
    if (findings.ringSteps.empty())
        return "This trace has no ring steps: only traces that ringscope recorded name them.\n";
    std::string text;
    for (const SpanPass pass : {SpanPass::Forward, SpanPass::Backward, SpanPass::Recompute}) {
        text += matrix(findings, pass, "attention",
                       [](const RingStepFigures& step) { return step.attention; });
        text += matrix(findings, pass, "exposed communication",
                       [](const RingStepFigures& step) { return step.communication.exposed; });
        if (findings.clock.splits) {
            text += matrix(findings, pass, "wait",
                           [](const RingStepFigures& step) { return step.communication.wait; });
            text += matrix(findings, pass, "hidden wait", [](const RingStepFigures& step) {
                return step.communication.hiddenWait;
            });
        }
        if (findings.clock.splits && !findings.splitsAll())
            text += matrix(findings, pass, "unpaired: wait or transfer",
                           [](const auto& step) { return step.communication.unpaired; });
    }
    text += fmt::format(
        "Milliseconds of a step, all layers together; means over {} recorded steps. A ring step's "
        "messages may run into the next one.\n",
        findings.steps);
    return text + notesText(findings.notes);
}

std::string topSpansText(const std::vector<TopSpan>& spans, std::size_t most) {
    std::int64_t gpu = 0;
    std::int64_t host = 0;
    for (const TopSpan& span : spans) (span.gpu ? gpu : host) += span.total;
    std::string text =
        fmt::format("{:<6}{:<10}{:>10}  {:>6}  {:>9}  {:>10}  {:>10}  {}\n", "where", "kind",
                    "total ms", "%", "count", "mean us", "longest us", "name");
    for (std::size_t i = 0; i < std::min(most, spans.size()); ++i) {
        const TopSpan& span = spans[i];
        const double all = static_cast<double>(std::max<std::int64_t>(1, span.gpu ? gpu : host));
        const double total = static_cast<double>(span.total);
        const std::string name = reporting::shortened(reporting::printableLine(span.name), 90);
        text += fmt::format(
            "{:<6}{:<10}{:>10}  {:>6.1f}  {:>9}  {:>10}  {:>10}  {}\n", span.gpu ? "gpu" : "host",
            spanKindName(span.kind), ms(total), 100 * total / all, formatCount(span.count),
            formatSignificant(total / 1000 /
                              static_cast<double>(std::max<std::int64_t>(1, span.count))),
            formatSignificant(static_cast<double>(span.longest) / 1000), name);
    }
    if (spans.size() > most)
        text += fmt::format("and {} more names; -n shows more of them\n", spans.size() - most);
    return text;
}

std::string traceDiffText(const TraceDiff& diff) {
    constexpr std::size_t mostPlaces = 10;
    std::string text = reporting::printableLine(diff.sentence()) + "\n\n";
    const std::size_t width = std::max({std::size_t{10}, diff.before.size(), diff.after.size()});
    text += fmt::format("{:<26}{:>{}}  {:>{}}  {:>10}\n", "ms per step", diff.before, width,
                        diff.after, width, "change");
    const auto row = [&](const std::string& what, double before, double after) {
        text += fmt::format("{:<26}{:>{}}  {:>{}}  {:>10}\n", what, ms(before), width, ms(after),
                            width, signedMs(after - before));
    };
    for (const DiffEffect& effect : diff.effects)
        if (std::max(effect.before, effect.after) >= 500)
            row(effect.what, effect.before, effect.after);
    row("step", diff.stepBefore, diff.stepAfter);
    if (!diff.places.empty()) {
        text += fmt::format("\n{:<26}{:>21}  {:>21}  {:>10}\n", "layer, pass, ring step",
                            "attention", "exposed", "change");
        for (std::size_t i = 0; i < std::min(mostPlaces, diff.places.size()); ++i) {
            const DiffPlace& place = diff.places[i];
            text += fmt::format(
                "{:<26}{:>21}  {:>21}  {:>10}\n",
                fmt::format("{} {} {}", place.layer, spanPassName(place.pass), place.ringStep),
                fmt::format("{} -> {}", ms(place.attentionBefore), ms(place.attentionAfter)),
                fmt::format("{} -> {}", ms(place.exposedBefore), ms(place.exposedAfter)),
                signedMs(place.change()));
        }
        if (diff.places.size() > mostPlaces)
            text +=
                fmt::format("and {} more in --json and --csv\n", diff.places.size() - mostPlaces);
    }
    text += "\nMeans over ranks and recorded steps. The parts add up to the step.\n";
    return text + notesText(diff.notes);
}

}  // namespace ringscope
