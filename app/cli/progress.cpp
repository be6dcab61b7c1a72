#include "app/cli/progress.h"

#include "app/cli/command.h"
#include "backend/core/units.h"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <iostream>

namespace ringscope::cli {
namespace {

constexpr auto redrawInterval = std::chrono::milliseconds(80);

std::string bar(std::int64_t done, std::int64_t all) {
    constexpr std::int64_t width = 20;
    const std::int64_t filled =
        all > 0 ? std::clamp<std::int64_t>(done * width / all, 0, width) : 0;
    std::string text;
    for (std::int64_t i = 0; i < width; ++i) text += i < filled ? "▓" : "░";
    return text;
}

double tokensPerSecond(const StepRecord& step) {
    const double seconds = std::chrono::duration<double>(step.duration).count();
    return seconds > 0 ? static_cast<double>(step.tokens) / seconds : 0;
}

std::string outcome(const RunRecord& run) {
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

}  // namespace

std::string Progress::heading(const RunRecord& run) const {
    if (run.reference) return "[reference] " + run.name;
    return fmt::format("[{}/{}] {}", started_, std::max(started_, style_.runs), run.name);
}

void Progress::redraw(const std::string& line) {
    if (!style_.live || style_.silent) return;
    std::cerr << "\r\x1b[K" << line << std::flush;
    lastDraw_ = std::chrono::steady_clock::now();
}

void Progress::finishLine(const std::string& line) {
    if (style_.silent) return;
    std::cerr << (style_.live ? "\r\x1b[K" : "") << line << '\n';
}

Result<void> Progress::created(const RunRecord& run) {
    if (!run.reference) ++started_;
    for (const std::string& note : run.notes) finishLine(heading(run) + ": note: " + note);
    redraw(heading(run) + "  starting " + std::to_string(run.ranks) + " ranks");
    return {};
}

Result<void> Progress::changed(const RunRecord& run) {
    if (!isFinal(run.status) && run.steps.empty())
        redraw(heading(run) + "  " + std::string(statusName(run.status)));
    return {};
}

Result<void> Progress::step(const RunRecord& run, const StepRecord& step) {
    if (std::chrono::steady_clock::now() - lastDraw_ < redrawInterval) return {};
    redraw(fmt::format("{}  {} {}/{}  loss {:.4f}  {} tokens/s", heading(run),
                       bar(step.step + 1, run.config.train.steps), step.step + 1,
                       run.config.train.steps, step.loss,
                       formatSignificant(tokensPerSecond(step))));
    return {};
}

Result<void> Progress::ended(const RunRecord& run) {
    finishLine(heading(run) + "  " + outcome(run));
    return {};
}

Result<void> Progress::logLine(const RunRecord&, int, std::string_view) { return {}; }

}  // namespace ringscope::cli
