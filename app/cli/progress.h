// A run's life on the terminal's standard error: one live line per run where it is a terminal,
// one line at the end of each run where it is not.
#pragma once

#include "app/cli/stop_signals.h"
#include "backend/run/run_sink.h"
#include "backend/text/token_text.h"

#include <chrono>
#include <cstddef>
#include <set>
#include <string>

namespace ringscope::cli {

// How much is shown, and how.
struct ProgressStyle {
    bool live = false;     // redraw a line in place
    bool silent = false;   // --quiet
    std::size_t runs = 1;  // of the experiment, references not counted
};

// "42 % of data.source is tokens"
std::string readingWords(const ReadingProgress& progress);

// Options that show on a terminal how far data is read, and end it at a signal; what is shown goes
// with them. `quiet`: nothing is shown.
class ReadingShown {
public:
    explicit ReadingShown(bool quiet);
    ~ReadingShown();
    ReadingShown(const ReadingShown&) = delete;
    ReadingShown& operator=(const ReadingShown&) = delete;

    const ReadingOptions& options() const { return options_; }

private:
    StopSignals signals_;
    bool live_;
    ReadingOptions options_;
};

// Used by one session; never fails.
class Progress final : public RunSink {
public:
    explicit Progress(ProgressStyle style) : style_(style) {}

    void expect(std::size_t runs) { style_.runs = runs; }
    void reading(const ReadingProgress& progress);

    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& run) override;
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> validation(const RunRecord& run, const ValidationRecord& found) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& run, int rank, std::string_view line) override;

private:
    void redraw(const std::string& line);
    void finishLine(const std::string& line);
    void tellNotes(const RunRecord& run);
    std::string heading(const RunRecord& run) const;

    ProgressStyle style_;
    std::size_t started_ = 0;
    std::string validated_{};        // of the run under way: "  validation 2.41 after step 39"
    std::set<std::string> noted_{};  // a note that holds for several runs is said at the first
    std::chrono::steady_clock::time_point lastDraw_{};
};

}  // namespace ringscope::cli
