#include "backend/report/runs_text.h"

#include "backend/compare/statistics.h"
#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>
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

std::string bar(std::int64_t done, std::int64_t all) {
    constexpr std::int64_t width = 20;
    const std::int64_t filled =
        all > 0 ? std::clamp<std::int64_t>(done * width / all, 0, width) : 0;
    std::string text;
    for (std::int64_t i = 0; i < width; ++i) text += i < filled ? "▓" : "░";
    return text;
}

std::string stepsText(const std::vector<StepRecord>& steps) {
    if (steps.empty()) return "";
    std::string text =
        fmt::format("  {:>5}  {:>12}  {:>12}  {:>10}\n", "step", "loss", "grad norm", "ms");
    for (const StepRecord& step : steps)
        text += fmt::format("  {:>5}  {:>12.6f}  {:>12.6f}  {:>10.1f}\n", step.step, step.loss,
                            step.gradNorm, milliseconds(step.duration));
    return text;
}

}  // namespace

std::string runListText(const std::vector<RunRecord>& runs) {
    std::size_t name = 4;
    for (const RunRecord& run : runs) name = std::max(name, run.name.size());
    std::string text =
        fmt::format("{:<8}  {:<19}  {:<{}}  {:>5}  {:>9}  {:>9}  {:>9}  {}\n", "id", "started",
                    "name", name, "ranks", "seq len", "tokens/s", "peak", "state");
    for (const RunRecord& run : runs) {
        const std::optional<Bytes> peak = measuredBytes(run, peakMemory);
        text += fmt::format("{:<8}  {:<19}  {:<{}}  {:>5}  {:>9}  {:>9}  {:>9}  {}{}{}\n",
                            run.id.text.substr(0, 8), localTime(run.createdUs), run.name, name,
                            run.ranks, formatCount(run.config.train.seqLen), speedText(run),
                            peak ? formatBytes(*peak) : "–", statusName(run.status),
                            run.reference ? " (reference)" : "",
                            run.statusReason.empty() ? "" : ": " + run.statusReason);
    }
    return text;
}

std::string runFactsText(const RunRecord& run) {
    std::string text = run.name + '\n';
    const auto row = [&text](const char* label, const std::string& value) {
        text += fmt::format("  {:<28}{}\n", label, value);
    };
    row("id", run.id.text);
    row("state", std::string(statusName(run.status)) +
                     (run.statusReason.empty() ? "" : ": " + run.statusReason));
    row("started", localTime(run.createdUs));
    row("mode, ranks, sequence", fmt::format("{}, {}, {} tokens", run.config.parallel.mode,
                                             run.ranks, formatCount(run.config.train.seqLen)));
    row("versions", run.versions);
    row("device", run.device);
    if (const std::optional<RunSpeed> speed = runSpeed(run)) {
        row("tokens/s", formatSignificant(speed->tokensPerSecond));
        row("step", fmt::format("{:.1f} ms median, {:.1f} ms 95th percentile", speed->stepMedianMs,
                                speed->stepP95Ms));
    }
    const std::optional<Bytes> peak = measuredBytes(run, peakMemory);
    row("peak memory of a rank", peak ? formatBytes(*peak) : "–");
    const auto sent = [&](Bytes (*measured)(const RunRecord&), Bytes predicted) {
        const std::optional<Bytes> bytes = measuredBytes(run, measured);
        return fmt::format("{} measured, {} predicted", bytes ? formatCount(bytes->count) : "–",
                           formatCount(predicted.count));
    };
    row("attention bytes per step",
        sent(measuredAttentionBytes, run.predictedAttentionBytesPerStep));
    row("gradient bytes per step", sent(measuredGradientBytes, run.predictedGradientBytesPerStep));
    if (run.overlap) row("communication per step", overlapWords(*run.overlap));
    if (run.parity)
        row("parity with one rank",
            fmt::format("loss within {:.1e}, gradient norm within {:.1e} over {} steps",
                        run.parity->maxLossDiff, run.parity->maxGradNormRelDiff,
                        run.parity->steps));
    for (const std::string& note : run.notes) row("note", note);
    return text + stepsText(run.steps);
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

std::string stepWords(const StepRecord& step, std::int64_t steps) {
    return fmt::format("{} {}/{}  loss {:.4f}  {} tokens/s", bar(step.step + 1, steps),
                       step.step + 1, steps, step.loss, formatSignificant(tokensPerSecond(step)));
}

double tokensPerSecond(const StepRecord& step) {
    const double seconds = std::chrono::duration<double>(step.duration).count();
    return seconds > 0 ? static_cast<double>(step.tokens) / seconds : 0;
}

}  // namespace ringscope
