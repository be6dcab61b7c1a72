#include "ui/live/run_feed.h"

#include <algorithm>
#include <utility>

namespace ringscope::ui {

LiveNews RunFeed::take() {
    const std::lock_guard lock(mutex_);
    awake_ = false;
    return std::exchange(news_, {});
}

Result<void> RunFeed::created(const RunRecord& run) { return addRun(run); }
Result<void> RunFeed::changed(const RunRecord& run) { return addRun(run); }
Result<void> RunFeed::ended(const RunRecord& run) { return addRun(run); }

// In place of what was said of the run before.
Result<void> RunFeed::addRun(const RunRecord& run) {
    return add([&](LiveNews& news) {
        const auto known = std::ranges::find(news.runs, run.id, &RunRecord::id);
        if (known == news.runs.end())
            news.runs.push_back(run);
        else
            *known = run;
    });
}

Result<void> RunFeed::step(const RunRecord& run, const StepRecord& step) {
    return add([&](LiveNews& news) {
        news.steps.push_back({run.id, step});
        if (news.steps.size() <= keptSteps) return;
        ++news.stepsDropped[news.steps.front().run];
        news.steps.pop_front();
    });
}

Result<void> RunFeed::validation(const RunRecord& run, const ValidationRecord& found) {
    return add([&](LiveNews& news) {
        news.validations.push_back({run.id, found});
        if (news.validations.size() > keptSteps) news.validations.pop_front();
    });
}

Result<void> RunFeed::logLine(const RunRecord& run, int rank, std::string_view line) {
    return add([&](LiveNews& news) {
        const std::string who = rank < 0 ? "agent" : "rank " + std::to_string(rank);
        news.lines.push_back(run.name + " " + who + ": " + std::string(line));
        if (news.lines.size() <= keptLines) return;
        news.lines.pop_front();
        ++news.linesDropped;
    });
}

Result<void> RunFeed::add(const std::function<void(LiveNews&)>& change) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        change(news_);
        wake = !std::exchange(awake_, true);
    }
    if (wake) wake_();
    return {};
}

}  // namespace ringscope::ui
