#include "backend/report/runs_text.h"

#include "backend/compare/statistics.h"
#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/report/what_ran.h"
#include "backend/report/wording.h"
#include "backend/run/run_history.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <optional>

namespace ringscope {
namespace {

std::string localTime(std::int64_t microseconds) {
    const std::time_t seconds = microseconds / 1'000'000;
    std::tm time{};
    ::localtime_r(&seconds, &time);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", time.tm_year + 1900, time.tm_mon + 1,
                       time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec);
}

std::string speedText(const RunRecord& run) {
    const std::optional<RunSpeed> speed = runSpeed(run);
    return speed ? formatSignificant(speed->tokensPerSecond) : "–";
}

// "12.3 ms exposed, 4.10 ms of it wait, 45 % hidden; busbw 3.20 GB/s"; what is not known is left
// out.
std::string overlapWords(const OverlapFigures& overlap) {
    std::string words = formatSignificant(overlap.exposedMs) + " ms exposed";
    const auto add = [&](const std::optional<double>& value, const char* form) {
        if (value) words += fmt::format(fmt::runtime(form), formatSignificant(*value));
    };
    add(overlap.waitMs, ", {} ms of it wait");
    add(overlap.hiddenPercent, ", {} % hidden");
    add(overlap.hiddenWaitMs, ", {} ms hidden wait");
    add(overlap.busbw, "; busbw {} GB/s");
    add(overlap.algbw, "; algbw {} GB/s");
    return words;
}

// "41.2 ms, 3.10 ms of it exposed, 1.20 ms of that wait; measured +2.1 %"; or why there is none.
std::string predictionWords(const RunRecord& run) {
    if (!run.prediction) return run.unpredicted.empty() ? "" : "none: " + run.unpredicted;
    const RunPrediction& said = *run.prediction;
    std::string words = fmt::format(
        "{} ms, {} ms of it exposed, {} ms of that wait", formatSignificant(said.stepMs),
        formatSignificant(said.exposedMs), formatSignificant(said.waitMs));
    if (const std::optional<double> error = stepErrorPercent(run))
        words += fmt::format("; measured {:+.1f} %", *error);
    return words;
}

std::string stateWords(const RunRecord& run) {
    return std::string(statusName(run.status)) + (run.reference ? " (reference)" : "") +
           (run.archivedUs != 0 ? " (archived)" : "") +
           (run.statusReason.empty() ? "" : ": " + run.statusReason);
}

// What a run that failed early sent is not known, which is not the same as nothing.
std::string bytesWords(const RunRecord& run, Bytes (*figure)(const RunRecord&), Bytes predicted) {
    const std::optional<Bytes> measured = measuredBytes(run, figure);
    return fmt::format("{} measured, {} predicted", measured ? formatCount(measured->count) : "–",
                       formatCount(predicted.count));
}

std::string bar(std::int64_t done, std::int64_t all) {
    constexpr std::int64_t width = 20;
    const std::int64_t filled =
        all > 0 ? std::clamp<std::int64_t>(done * width / all, 0, width) : 0;
    std::string text;
    for (std::int64_t i = 0; i < width; ++i) text += i < filled ? "▓" : "░";
    return text;
}

// A line between two steps says that another run goes on there.
std::string stepsText(const RunHistory& history) {
    if (history.steps.empty()) return "";
    std::string text =
        fmt::format("  {:>5}  {:>12}  {:>12}  {:>10}\n", "step", "loss", "grad norm", "ms");
    for (const StepRecord& step : history.steps) {
        if (std::ranges::find(history.cuts, step.step) != history.cuts.end())
            text += fmt::format("  {:>5}  goes on from a checkpoint\n", "–");
        text += fmt::format("  {:>5}  {:>12.6f}  {:>12.6f}  {:>10.1f}\n", step.step, step.loss,
                            step.gradNorm, milliseconds(step.duration));
    }
    return text;
}

struct ListColumn {
    std::string_view name;
    bool right = false;     // numbers
    int leaves = 0;         // where the terminal is too narrow, the largest leaves first; 0: stays
    bool optional = false;  // left out where no run has it
    std::string (*value)(const RunRecord& run);
};

constexpr std::array listColumns = {
    ListColumn{"id", false, 0, false,
               [](const RunRecord& run) { return run.id.text.substr(0, 8); }},
    ListColumn{"started", false, 1, false,
               [](const RunRecord& run) { return localTime(run.createdUs); }},
    ListColumn{"experiment", false, 8, false, [](const RunRecord& run) { return run.experiment; }},
    ListColumn{"name", false, 0, false,
               [](const RunRecord& run) { return (run.pinned ? "* " : "") + run.name; }},
    ListColumn{"host", false, 7, false,
               [](const RunRecord& run) { return join(hostsOf(run), ","); }},
    ListColumn{"ranks", true, 5, false,
               [](const RunRecord& run) { return std::to_string(run.ranks); }},
    ListColumn{"seq len", true, 4, false,
               [](const RunRecord& run) { return formatCount(run.config.train.seqLen); }},
    ListColumn{"tokens/s", true, 3, false, speedText},
    ListColumn{"peak", true, 2, false,
               [](const RunRecord& run) {
                   const Bytes peak = peakMemory(run);
                   return peak.count > 0 ? formatBytes(peak) : std::string("–");
               }},
    ListColumn{"tags", false, 6, true, [](const RunRecord& run) { return join(run.tags, ","); }},
    ListColumn{"state", false, 0, false, stateWords},
};

std::size_t widthOf(std::string_view text) { return reporting::characters(text); }

// The width of each column; those that leave are removed from `columns`. The last column has what
// is left, and is cut there.
std::vector<std::size_t> fittingColumns(const std::vector<RunRecord>& runs,
                                        std::vector<const ListColumn*>& columns, int width) {
    constexpr std::size_t gap = 2;
    constexpr std::size_t leastState = 12;
    for (;;) {
        std::vector<std::size_t> widths;
        std::size_t all = 0;
        for (const ListColumn* column : columns) {
            std::size_t widest = widthOf(column->name);
            for (const RunRecord& run : runs)
                widest = std::max(widest, widthOf(column->value(run)));
            if (column == columns.back() && width > 0) widest = std::min(widest, leastState);
            widths.push_back(widest);
            all += widest + gap;
        }
        const auto leaving = std::ranges::max_element(columns, {}, &ListColumn::leaves);
        if (width <= 0 || all - gap <= static_cast<std::size_t>(width) || (*leaving)->leaves == 0)
            return widths;
        columns.erase(leaving);
    }
}

template <typename Words>
std::string lineOf(const std::vector<const ListColumn*>& columns,
                   const std::vector<std::size_t>& widths, int width, Words words) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const std::string text = reporting::printableLine(words(*columns[i]));
        const bool last = i + 1 == columns.size();
        const std::size_t used = widthOf(text);
        const std::string fill(last || used >= widths[i] ? 0 : widths[i] - used, ' ');
        line += columns[i]->right ? fill + text : text + fill;
        if (!last) line += "  ";
    }
    if (width > 0 && widthOf(line) > static_cast<std::size_t>(width))
        line = reporting::shortened(line, static_cast<std::size_t>(width));
    return line + '\n';
}

}  // namespace

std::string runListText(const std::vector<RunRecord>& runs, int width) {
    std::vector<const ListColumn*> columns;
    for (const ListColumn& column : listColumns)
        if (!column.optional || std::ranges::any_of(runs, [&](const RunRecord& run) {
                return !column.value(run).empty();
            }))
            columns.push_back(&column);
    const std::vector<std::size_t> widths = fittingColumns(runs, columns, width);
    std::string text = lineOf(columns, widths, width,
                              [](const ListColumn& column) { return std::string(column.name); });
    for (const RunRecord& run : runs)
        text += lineOf(columns, widths, width,
                       [&](const ListColumn& column) { return column.value(run); });
    return text;
}

std::string runFactsText(const RunRecord& run) {
    std::string text = reporting::printableLine(run.name) + '\n';
    const auto row = [&text](const char* label, const std::string& value) {
        if (!value.empty())
            text += fmt::format("  {:<28}{}\n", label, reporting::printableLine(value));
    };
    row("id", run.id.text);
    row("state", std::string(statusName(run.status)) +
                     (run.statusReason.empty() ? "" : ": " + run.statusReason));
    row("experiment", run.experiment);
    row("started", localTime(run.createdUs));
    if (run.pinned) row("pinned", "the baseline of every comparison it takes part in");
    if (run.archivedUs != 0) row("archived", localTime(run.archivedUs));
    if (!run.tags.empty()) row("tags", join(run.tags, ", "));
    if (!run.note.empty()) row("note of a user", run.note);
    row("mode, ranks, sequence", fmt::format("{}, {}, {} tokens", run.config.parallel.mode,
                                             run.ranks, formatCount(run.config.train.seqLen)));
    row("model", modelWords(run));
    row("precision", std::string(findField("train.precision")->get(run.config)));
    row("device", run.device);
    for (const RunFact& fact : environmentFacts(run)) row(fact.label.data(), fact.text);
    if (const std::optional<RunSpeed> speed = runSpeed(run)) {
        row("tokens/s", formatSignificant(speed->tokensPerSecond));
        row("step", fmt::format("{:.1f} ms median, {:.1f} ms 95th percentile", speed->stepMedianMs,
                                speed->stepP95Ms));
    }
    row("history", historyWords(run));
    row("predicted step", predictionWords(run));
    const std::optional<Bytes> peak = measuredBytes(run, peakMemory);
    row("peak memory of a rank", peak ? formatBytes(*peak) : "–");
    row("attention bytes per step",
        bytesWords(run, measuredAttentionBytes, run.predictedAttentionBytesPerStep));
    row("gradient bytes per step",
        bytesWords(run, measuredGradientBytes, run.predictedGradientBytesPerStep));
    if (run.overlap) row("communication per step", overlapWords(*run.overlap));
    if (run.parity)
        row("parity with one rank",
            fmt::format("loss within {:.1e}, gradient norm within {:.1e} over {} steps",
                        run.parity->maxLossDiff, run.parity->maxGradNormRelDiff,
                        run.parity->steps));
    for (const std::string& note : run.notes) row("note", note);
    return text + stepsText(historyOf(run));
}

std::string historyWords(const RunRecord& run) {
    if (!run.continues && run.lostSteps == 0) return "";
    const RunHistory history = historyOf(run);
    const auto counted = [](std::int64_t count, const char* thing) {
        return fmt::format("{} {}{}", formatCount(count), thing, count == 1 ? "" : "s");
    };
    std::string words = fmt::format("{} and {} in {}", counted(std::ssize(history.steps), "step"),
                                    counted(history.tokens, "token"), formatDuration(history.time));
    if (!run.earlier.empty()) {
        std::vector<std::string> names;
        for (const EarlierRun& earlier : run.earlier)
            names.push_back(fmt::format("{} ({}, {})", earlier.id.text.substr(0, 8), earlier.mode,
                                        counted(earlier.ranks, "rank")));
        words += fmt::format(" with {}", join(names, " and "));
    }
    words += fmt::format("; {} lost", counted(history.lostSteps, "step"));
    std::int64_t first = history.steps.empty() ? 0 : history.steps.front().step;
    if (run.earlier.empty() && run.continues) first = run.continues->step;
    if (first > 0) words += fmt::format("; what came before step {} is not in this store", first);
    return words;
}

std::string outcomeWords(const RunRecord& run) {
    if (run.status != RunStatus::Finished) {
        const std::string reason = run.statusReason.empty() ? "" : ": " + run.statusReason;
        return std::string(statusName(run.status)) + reason;
    }
    const std::optional<RunSpeed> speed = runSpeed(run);
    if (!speed || run.steps.empty()) return "finished";
    return fmt::format("{} tokens/s, {:.1f} ms a step, loss {:.4f}",
                       formatSignificant(speed->tokensPerSecond), speed->stepMedianMs,
                       run.steps.back().loss);
}

std::string stepWords(const StepRecord& step, const std::optional<std::int64_t>& steps) {
    const std::int64_t done = step.step + 1;
    return fmt::format("{}  loss {:.4f}  {} tokens/s",
                       steps ? fmt::format("{} {}/{}", bar(done, *steps), done, *steps)
                             : fmt::format("step {}", done),
                       step.loss, formatSignificant(tokensPerSecond(step)));
}

double tokensPerSecond(const StepRecord& step) {
    const double seconds = std::chrono::duration<double>(step.duration).count();
    return seconds > 0 ? static_cast<double>(step.tokens) / seconds : 0;
}

}  // namespace ringscope
