#include "backend/compare/foresight.h"

#include "backend/config/data_source.h"
#include "backend/memory/memory_plan.h"
#include "backend/plan/batch_schedule.h"
#include "backend/plan/placement.h"
#include "backend/simulate/prediction.h"
#include "backend/text/sequences.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>

namespace ringscope {
namespace {

// Why what was measured of this machine says nothing of such a run; empty: it does.
std::string whyUnlike(const RunConfig& config) {
    if (config.launch.device == DeviceChoice::Cuda)
        return "it runs on GPUs, and this machine's CPU was calibrated";
    const Result<std::vector<HostSpec>> hosts = launchHosts(config.launch);
    if (!hosts.ok() || !std::ranges::all_of(*hosts, &HostSpec::isThisMachine))
        return "it runs on other hosts, and this machine was calibrated";
    if (config.debug.slowRank) return "debug.slow_rank holds a rank up on purpose";
    if (config.launch.threadsPerRank != 1)
        return "launch.threads_per_rank is not 1, and one thread was measured";
    return {};
}

// Where documents begin in the first batches behind the warm-up. One batch without any, where they
// are not kept apart.
Result<std::vector<std::vector<std::int64_t>>> someDocuments(const RunConfig& config) {
    constexpr std::int64_t looked = 3;
    std::vector<std::vector<std::int64_t>> documents;
    if (!keepsDocumentsApart(config)) return std::vector<std::vector<std::int64_t>>(1);
    RINGSCOPE_TRY(TokenText text, TokenText::open(config));
    RINGSCOPE_TRY(const Sequences sequences, Sequences::make(std::move(text), config));
    for (std::int64_t step = 0; step < looked; ++step)
        documents.push_back(
            batchRows(sequences, config.train, config.train.warmupSteps + step, 0).documents);
    return documents;
}

// Why a run says nothing of this machine's predictions; empty: it does.
std::string whyLeftOut(const RunRecord& run) {
    if (run.status != RunStatus::Finished) return "it has not finished";
    if (run.device != "cpu") return "it ran on another device";
    for (const std::string& host : hostsOf(run))
        if (host != "localhost") return "it ran on other hosts";
    if (!runSpeed(run)) return "it has no step behind its warm-up";
    return {};
}

bool isOf(const RunPrediction& prediction, const Machine& machine) {
    return prediction.processor == machine.device.name && prediction.calibrated == machine.measured;
}

Result<CheckedRun> checkedRun(const RunRecord& run, const Machine& machine) {
    RINGSCOPE_TRY(const RunPlan plan, planRun(run.config));
    CheckedRun checked{.name = run.name,
                       .mode = run.config.parallel.mode,
                       .ranks = plan.ranks,
                       .beforehand = run.prediction && isOf(*run.prediction, machine),
                       .measuredMs = runSpeed(run)->stepMedianMs,
                       .predictedPeakBytes = predictedPeak(plan).bytes(),
                       .measuredPeakBytes = peakMemory(run).count};
    if (checked.beforehand) {
        checked.predicted = *run.prediction;
    } else {
        RINGSCOPE_TRY(checked.predicted, predictionHere(plan, machine));
    }
    if (run.overlap) checked.measuredExposedMs = run.overlap->exposedMs;
    return checked;
}

}  // namespace

Result<RunPrediction> predictionHere(const RunPlan& plan, const Machine& machine) {
    if (std::string reason = whyUnlike(plan.config); !reason.empty())
        return Error{ErrorCode::InvalidConfig, std::move(reason)};
    RINGSCOPE_TRY(const auto batches, someDocuments(plan.config));
    RunPrediction prediction{.processor = machine.device.name, .calibrated = machine.measured};
    for (const std::vector<std::int64_t>& documents : batches) {
        RINGSCOPE_TRY(const StepTimes times, predictTimes(withDocuments(plan, documents), machine));
        const auto share = [&](std::int64_t nanos) {
            return static_cast<double>(nanos) / 1e6 / static_cast<double>(batches.size());
        };
        prediction.stepMs += share(times.stepNanos);
        prediction.exposedMs += share(times.mean.exposed + times.mean.wait);
        prediction.waitMs += share(times.mean.wait);
    }
    return prediction;
}

std::optional<ErrorBar> Foresight::errorBar() const {
    constexpr std::size_t fewest = 3;
    if (runs.size() < fewest) return std::nullopt;
    return ErrorBar{std::abs(meanPercent) + 2 * deviation,
                    fmt::format("last {} runs on this machine: {:+.1f} % ± {:.1f}", runs.size(),
                                meanPercent, deviation)};
}

Foresight checkedPredictions(const std::vector<RunRecord>& runs, const Machine& machine,
                             std::size_t most) {
    Foresight foresight;
    std::map<std::string, int> others;
    for (const RunRecord& run : runs) {
        if (most > 0 && foresight.runs.size() == most) break;
        std::string reason = whyLeftOut(run);
        if (reason.empty()) {
            Result<CheckedRun> checked = checkedRun(run, machine);
            if (checked.ok()) {
                foresight.runs.push_back(*std::move(checked));
                continue;
            }
            reason = checked.error().message;
        }
        ++others[reason];
    }
    for (const auto& [reason, count] : others)
        foresight.leftOut.push_back(
            fmt::format("{} of {} runs left out: {}", count, runs.size(), reason));
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

std::optional<ErrorBar> learnedErrorBar(const std::vector<RunRecord>& runs,
                                        const Machine& machine) {
    constexpr std::size_t newest = 40;
    return checkedPredictions(runs, machine, newest).errorBar();
}

}  // namespace ringscope
