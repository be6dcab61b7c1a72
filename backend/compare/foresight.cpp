#include "backend/compare/foresight.h"

#include "backend/plan/run_plan.h"
#include "backend/simulate/prediction.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>

namespace ringscope {
namespace {

// Why a run says nothing of this machine's predictions; empty: it does.
std::string whyLeftOut(const RunRecord& run) {
    if (run.status != RunStatus::Finished) return "have not finished";
    if (run.device != "cpu") return "ran on another device";
    for (const std::string& host : hostsOf(run))
        if (host != "localhost") return "ran on other hosts";
    if (run.config.debug.slowRank) return "were held up on purpose (debug.slow_rank)";
    if (run.config.launch.threadsPerRank != 1)
        return "have more than one thread a rank, and one was measured";
    if (!runSpeed(run)) return "have no step behind their warm-up";
    return {};
}

Result<CheckedRun> checkedRun(const RunRecord& run, const Machine& machine) {
    RINGSCOPE_TRY(const RunPlan plan, planRun(run.config));
    RINGSCOPE_TRY(const StepTimes times, predictTimes(plan, machine));
    CheckedRun checked{
        .name = run.name,
        .mode = run.config.parallel.mode,
        .ranks = plan.ranks,
        .predictedMs = static_cast<double>(times.stepNanos) / 1e6,
        .measuredMs = runSpeed(run)->stepMedianMs,
        .predictedExposedMs = static_cast<double>(times.mean.exposed + times.mean.wait) / 1e6,
        .predictedPeakBytes = predictedPeak(plan).bytes(),
        .measuredPeakBytes = peakMemory(run).count};
    if (run.overlap) checked.measuredExposedMs = run.overlap->exposedMs;
    return checked;
}

}  // namespace

std::optional<ErrorBar> Foresight::errorBar() const {
    constexpr std::size_t fewest = 3;
    if (runs.size() < fewest) return std::nullopt;
    return ErrorBar{std::abs(meanPercent) + 2 * deviation,
                    fmt::format("last {} runs on this machine: {:+.1f} % ± {:.1f}", runs.size(),
                                meanPercent, deviation)};
}

Foresight checkedPredictions(const std::vector<RunRecord>& runs, const Machine& machine) {
    Foresight foresight;
    std::map<std::string, int> others;
    for (const RunRecord& run : runs) {
        std::string reason = whyLeftOut(run);
        if (reason.empty()) {
            Result<CheckedRun> checked = checkedRun(run, machine);
            if (checked.ok()) {
                foresight.runs.push_back(*std::move(checked));
                continue;
            }
            reason = "cannot be predicted: " + checked.error().message;
        }
        ++others[reason];
    }
    for (const auto& [reason, count] : others)
        foresight.leftOut.push_back(fmt::format("{} of {} runs {}", count, runs.size(), reason));
    if (foresight.runs.empty()) return foresight;
    const auto count = static_cast<double>(foresight.runs.size());
    for (const CheckedRun& run : foresight.runs) {
        foresight.meanPercent += run.errorPercent() / count;
        foresight.meanAbsPercent += std::abs(run.errorPercent()) / count;
        foresight.worstAbsPercent =
            std::max(foresight.worstAbsPercent, std::abs(run.errorPercent()));
    }
    double squares = 0;
    for (const CheckedRun& run : foresight.runs)
        squares += std::pow(run.errorPercent() - foresight.meanPercent, 2);
    foresight.deviation = std::sqrt(squares / std::max(count - 1, 1.0));
    return foresight;
}

}  // namespace ringscope
