#include "backend/run/run_record.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace ringscope {
namespace {

constexpr std::array<std::pair<RunStatus, std::string_view>, 8> statuses = {{
    {RunStatus::Queued, "queued"},
    {RunStatus::Starting, "starting"},
    {RunStatus::Running, "running"},
    {RunStatus::Stopping, "stopping"},
    {RunStatus::Finished, "finished"},
    {RunStatus::Failed, "failed"},
    {RunStatus::Cancelled, "cancelled"},
    {RunStatus::Lost, "lost"},
}};

double median(const std::vector<double>& sorted) {
    const std::size_t middle = sorted.size() / 2;
    if (sorted.size() % 2 == 1) return sorted[middle];
    return (sorted[middle - 1] + sorted[middle]) / 2;
}

// The smallest value that at least 95 % of all values do not exceed.
double p95(const std::vector<double>& sorted) {
    const std::size_t rank = (sorted.size() * 95 + 99) / 100;
    return sorted[rank - 1];
}

// Two NaNs are the same result; a NaN against a number could not be further apart.
double relativeDifference(double value, double reference) {
    if (std::isnan(value) && std::isnan(reference)) return 0;
    if (value == reference) return 0;
    const double difference = std::abs(value - reference) / std::max(1e-12, std::abs(reference));
    return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

Bytes most(const RunRecord& run, Bytes RankRecord::*figure) {
    Bytes most;
    for (const RankRecord& rank : run.rankRecords) most = std::max(most, rank.*figure);
    return most;
}

}  // namespace

std::string_view statusName(RunStatus status) {
    return std::ranges::find(statuses, status, [](const auto& row) { return row.first; })->second;
}

std::optional<RunStatus> statusFromName(std::string_view name) {
    const auto row = std::ranges::find(statuses, name, [](const auto& row) { return row.second; });
    if (row == statuses.end()) return std::nullopt;
    return row->first;
}

std::vector<RunStatus> allStatuses() {
    std::vector<RunStatus> all;
    for (const auto& [status, name] : statuses) all.push_back(status);
    return all;
}

double perplexityOf(const ValidationRecord& validation) { return std::exp(validation.loss); }

bool isFinal(RunStatus status) { return status >= RunStatus::Finished; }

std::optional<RunSpeed> runSpeed(const RunRecord& run) {
    if (run.summary) return run.summary->speed;
    std::vector<double> durations;
    double tokens = 0;
    double sumMs = 0;
    for (const StepRecord& step : run.steps) {
        if (step.step < run.config.train.warmupSteps) continue;
        tokens += static_cast<double>(step.tokens);
        durations.push_back(milliseconds(step.duration));
        sumMs += durations.back();
    }
    if (durations.empty() || sumMs <= 0) return std::nullopt;
    std::ranges::sort(durations);
    return RunSpeed{.tokensPerSecond = tokens / sumMs * 1e3,
                    .stepMedianMs = median(durations),
                    .stepP95Ms = p95(durations)};
}

std::optional<double> stepErrorPercent(const RunRecord& run) {
    const std::optional<RunSpeed> speed = runSpeed(run);
    if (!speed || !run.prediction || run.prediction->stepMs <= 0) return std::nullopt;
    return (speed->stepMedianMs / run.prediction->stepMs - 1) * 100;
}

std::int64_t stepsDone(const RunRecord& run) {
    return run.summary ? run.summary->steps : std::ssize(run.steps);
}

std::optional<double> finalLoss(const RunRecord& run) {
    if (run.summary) return run.summary->finalLoss;
    return run.steps.empty() ? std::nullopt : std::optional(run.steps.back().loss);
}

std::vector<std::string> hostsOf(const RunRecord& run) {
    if (run.summary) return run.summary->hosts;
    std::vector<std::string> hosts;
    for (const RankRecord& rank : run.rankRecords)
        if (!rank.host.empty() && std::ranges::find(hosts, rank.host) == hosts.end())
            hosts.push_back(rank.host);
    return hosts;
}

Bytes peakMemory(const RunRecord& run) {
    return run.summary ? run.summary->peakMemory : most(run, &RankRecord::peakMemory);
}

Bytes measuredAttentionBytes(const RunRecord& run) {
    return run.summary ? run.summary->attentionBytesPerStep
                       : most(run, &RankRecord::attentionBytesPerStep);
}

Bytes measuredGradientBytes(const RunRecord& run) {
    return run.summary ? run.summary->gradientBytesPerStep
                       : most(run, &RankRecord::gradientBytesPerStep);
}

std::vector<RunRecord> withPinnedBaseline(std::vector<RunRecord> runs) {
    if (std::ranges::any_of(runs, &RunRecord::pinned))
        for (RunRecord& run : runs) run.baseline = run.pinned;
    return runs;
}

std::optional<Parity> parityWith(const RunRecord& run, const RunRecord& reference) {
    Parity parity{.reference = reference.id};
    for (const StepRecord& step : run.steps) {
        const auto same =
            std::ranges::lower_bound(reference.steps, step.step, {}, &StepRecord::step);
        if (same == reference.steps.end() || same->step != step.step) continue;
        ++parity.steps;
        parity.maxLossDiff =
            std::max(parity.maxLossDiff, relativeDifference(step.loss, same->loss));
        parity.maxGradNormRelDiff =
            std::max(parity.maxGradNormRelDiff, relativeDifference(step.gradNorm, same->gradNorm));
    }
    if (parity.steps == 0) return std::nullopt;
    return parity;
}

}  // namespace ringscope
