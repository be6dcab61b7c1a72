#include "app/cli/progress.h"

#include "app/cli/console.h"
#include "backend/report/runs_text.h"
#include "backend/report/wording.h"
#include "backend/run/run_history.h"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>

namespace ringscope::cli {
namespace {

constexpr auto redrawInterval = std::chrono::milliseconds(80);

}  // namespace

std::string readingWords(const ReadingProgress& progress) {
    if (progress.total == 0) return "another program makes the tokens of data.source";
    return fmt::format("{} % of data.source is tokens", 100 * progress.bytes / progress.total);
}

ReadingShown::ReadingShown(bool quiet) : live_(!quiet && ::isatty(STDERR_FILENO) != 0) {
    options_.progress = [this](const ReadingProgress& at) {
        if (live_) drawLine(readingWords(at));
        return !signals_.token().stop_requested();
    };
}

ReadingShown::~ReadingShown() {
    if (live_) clearLine();
}

void Progress::reading(const ReadingProgress& progress) { redraw(readingWords(progress)); }

std::string Progress::heading(const RunRecord& run) const {
    if (run.reference) return "[reference] " + run.name;
    return fmt::format("[{}/{}] {}", started_, std::max(started_, style_.runs), run.name);
}

void Progress::redraw(const std::string& line) {
    if (!style_.live || style_.silent) return;
    drawLine(line);
    lastDraw_ = std::chrono::steady_clock::now();
}

void Progress::finishLine(const std::string& line) {
    if (style_.silent) return;
    if (style_.live) clearLine();
    sayText(reporting::printableLine(line) + '\n');
}

void Progress::tellNotes(const RunRecord& run) {
    for (const std::string& note : run.notes)
        if (noted_.insert(note).second) finishLine(heading(run) + ": note: " + note);
}

Result<void> Progress::created(const RunRecord& run) {
    if (!run.reference) ++started_;
    validated_.clear();
    tellNotes(run);
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
    redraw(heading(run) + "  " + stepWords(step, stepsInAll(run)) + validated_);
    return {};
}

Result<void> Progress::validation(const RunRecord& run, const ValidationRecord& found) {
    validated_ = fmt::format("  validation {:.4f} after step {}", found.loss, found.step);
    redraw(heading(run) + validated_);
    return {};
}

Result<void> Progress::ended(const RunRecord& run) {
    tellNotes(run);
    finishLine(heading(run) + "  " + outcomeWords(run));
    return {};
}

Result<void> Progress::logLine(const RunRecord&, int, std::string_view) { return {}; }

}  // namespace ringscope::cli
