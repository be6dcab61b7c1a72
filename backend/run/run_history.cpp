#include "backend/run/run_history.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace ringscope {
namespace {

Nanos durationOf(const std::vector<StepRecord>& steps) {
    return std::accumulate(steps.begin(), steps.end(), Nanos(0),
                           [](Nanos sum, const StepRecord& step) { return sum + step.duration; });
}

// Of a run that has not ended, and of one whose end nobody saw, the steps that are known.
template <typename Run>
Nanos timeOf(const Run& run) {
    if (run.startedUs == 0 || run.endedUs <= run.startedUs) return durationOf(run.steps);
    return std::chrono::microseconds(run.endedUs - run.startedUs);
}

}  // namespace

RunHistory historyOf(const RunRecord& run) {
    RunHistory history;
    const auto add = [&history](const auto& part) {
        if (!history.steps.empty() && !part.steps.empty())
            history.cuts.push_back(part.steps.front().step);
        history.steps.insert(history.steps.end(), part.steps.begin(), part.steps.end());
        history.validations.insert(history.validations.end(), part.validations.begin(),
                                   part.validations.end());
        history.time += timeOf(part);
    };
    for (const EarlierRun& earlier : run.earlier) add(earlier);
    add(run);
    for (const StepRecord& step : history.steps) history.tokens += step.tokens;
    history.lostSteps = lostStepsOf(run);
    return history;
}

std::optional<std::int64_t> stepsInAll(const RunRecord& run) {
    const TrainConfig& train = run.config.train;
    return train.epochs ? std::nullopt : std::optional(train.steps);
}

std::int64_t lostStepsOf(const RunRecord& run) {
    return std::accumulate(
        run.earlier.begin(), run.earlier.end(), run.lostSteps,
        [](std::int64_t sum, const EarlierRun& earlier) { return sum + earlier.lostSteps; });
}

bool goesOnFrom(const RunRecord& run, const RunId& other) {
    return (run.continues && run.continues->run == other) ||
           std::ranges::find(run.earlier, other, &EarlierRun::id) != run.earlier.end();
}

}  // namespace ringscope
