// A RunSink that hands what happens to runs over to another thread: it is collected under a lock,
// and the other side is woken once however much came. What waits to be taken is bounded by the
// number of runs, keptSteps and keptLines, so a window that stands still costs no more memory.
#pragma once

#include "backend/run/run_sink.h"

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ringscope::ui {

struct LiveStep {
    RunId run;
    StepRecord step;
};

struct LiveValidation {
    RunId run;
    ValidationRecord found;
};

struct LiveNews {
    std::vector<RunRecord> runs;  // one a run, as it last was; with its steps once it has ended
    std::deque<LiveStep> steps;   // the newest
    std::deque<LiveValidation> validations;      // the newest
    std::deque<std::string> lines;               // "rank 0: …", the newest
    std::map<RunId, std::int64_t> stepsDropped;  // older ones that are not in `steps`
    std::int64_t linesDropped = 0;

    bool empty() const {
        return runs.empty() && steps.empty() && validations.empty() && lines.empty();
    }
};

class RunFeed final : public RunSink {
public:
    // `wake` is called from the run's thread, once until the next take().
    explicit RunFeed(std::function<void()> wake) : wake_(std::move(wake)) {}

    LiveNews take();

    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& run) override;
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> validation(const RunRecord& run, const ValidationRecord& found) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& run, int rank, std::string_view line) override;

    static constexpr std::size_t keptSteps = 20'000;
    static constexpr std::size_t keptLines = 2'000;

private:
    Result<void> add(const std::function<void(LiveNews&)>& change);
    Result<void> addRun(const RunRecord& run);

    std::function<void()> wake_;
    std::mutex mutex_;
    LiveNews news_;
    bool awake_ = false;
};

}  // namespace ringscope::ui
