// A RunSink that hands a run's life over to another thread without ever filling it up: what
// happened is collected under a lock, and the other side is woken once however much came.
#pragma once

#include "backend/run/run_sink.h"

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace ringscope::ui {

struct LiveStep {
    RunId run;
    StepRecord step;
};

struct LiveNews {
    std::vector<RunRecord> runs;  // as created or last changed, without steps; ended ones whole
    std::vector<LiveStep> steps;
    std::deque<std::string> lines;  // "rank 0: …", the newest kept
    std::int64_t linesDropped = 0;

    bool empty() const { return runs.empty() && steps.empty() && lines.empty(); }
};

class RunFeed final : public RunSink {
public:
    // `wake` is called from the run's thread, once until the next take().
    explicit RunFeed(std::function<void()> wake) : wake_(std::move(wake)) {}

    LiveNews take();

    Result<void> created(const RunRecord& run) override;
    Result<void> changed(const RunRecord& run) override;
    Result<void> step(const RunRecord& run, const StepRecord& step) override;
    Result<void> ended(const RunRecord& run) override;
    Result<void> logLine(const RunRecord& run, int rank, std::string_view line) override;

    static constexpr std::size_t keptLines = 2000;

private:
    Result<void> add(const std::function<void(LiveNews&)>& change);

    std::function<void()> wake_;
    std::mutex mutex_;
    LiveNews news_;
    bool awake_ = false;
};

}  // namespace ringscope::ui
