#include "backend/simulate/training_cost.h"

#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace ringscope {
namespace {

constexpr double secondsOfDay = 86400;
constexpr double restartSeconds = 600;   // to start ranks again and read a checkpoint; assumed
constexpr double longestTraining = 365;  // days that a training may last before we call it unfit

// Values and two moments, as a checkpoint keeps them (training_checkpoint.h).
std::int64_t bytesOfCheckpoint(const RunPlan& plan) {
    const int bytes = rowOf(plan.config.train.precision).sumBytes;
    return 3 * plan.parameters * bytes;
}

std::string daysText(double days) {
    if (days >= 730) return fmt::format("{} years", formatSignificant(days / 365));
    if (days >= 2) return fmt::format("{} days", formatSignificant(days));
    return formatDuration(Nanos(static_cast<std::int64_t>(days * secondsOfDay * 1e9)));
}

// Young's and Daly's: the interval that loses the least, and the share of time that is lost.
void planCheckpoints(TrainingCost& cost, const Machine& machine) {
    if (!machine.failures) return;
    const double between = machine.failures->deviceHours / cost.step.ranks * 3600;
    const double write = cost.checkpointSeconds;
    cost.everySeconds = std::max(std::sqrt(2 * write * between), cost.step.seconds());
    cost.lostShare = std::min(
        1.0, write / *cost.everySeconds + (*cost.everySeconds / 2 + restartSeconds) / between);
}

void saySummary(TrainingCost& cost, const Machine& machine) {
    const Prediction& step = cost.step;
    if (!step.fits()) {
        cost.sentences.push_back(
            fmt::format("Cannot: a rank needs {} and {} has {}; try `plan advise` for what fits.",
                        formatBytes({step.neededBytes()}), machine.device.name,
                        formatBytes({step.deviceBytes})));
    } else if (cost.lostShare && *cost.lostShare > 0.5) {
        cost.sentences.push_back(fmt::format(
            "Cannot: {} devices fail every {} and more than half of the time is lost.",
            formatCount(step.ranks),
            formatDuration(Nanos(
                static_cast<std::int64_t>(machine.failures->deviceHours / step.ranks * 3600e9)))));
    } else if (cost.days > longestTraining) {
        cost.sentences.push_back(fmt::format(
            "Fits, and takes {}: for a year or less it needs about {} of these devices, if they "
            "scale.",
            daysText(cost.days),
            formatCount(std::llround(std::ceil(step.ranks * cost.days / longestTraining)))));
    } else {
        cost.sentences.push_back(fmt::format(
            "Can be done: {} on {} {}, ± {:.0f} % ({}).", daysText(cost.days),
            formatCount(step.ranks), machine.device.name, step.errorPercent, step.errorSource));
    }
    if (cost.failures)
        cost.sentences.push_back(fmt::format(
            "{} failures are expected ({}). A checkpoint of {} takes {} to write; one every {} "
            "loses the least: {:.1f} % of the time in all.",
            formatSignificant(*cost.failures), machine.failures->source,
            formatBytes({cost.checkpointBytes}),
            formatDuration(Nanos(static_cast<std::int64_t>(cost.checkpointSeconds * 1e9))),
            formatDuration(Nanos(static_cast<std::int64_t>(*cost.everySeconds * 1e9))),
            *cost.lostShare * 100));
}

}  // namespace

Result<TrainingCost> trainingCost(const RunPlan& plan, const Machine& machine, std::int64_t tokens,
                                  const std::string& kernel) {
    TrainingCost cost;
    RINGSCOPE_TRY(cost.step, predictRun(plan, machine, kernel));
    if (tokens < cost.step.tokens)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("--tokens {} are fewer than the {} of one step",
                                 formatCount(tokens), formatCount(cost.step.tokens))};
    cost.tokens = tokens;
    cost.steps = (tokens + cost.step.tokens - 1) / cost.step.tokens;
    const double seconds = static_cast<double>(cost.steps) * cost.step.seconds();
    cost.computeDays = seconds / secondsOfDay;
    cost.checkpointBytes = bytesOfCheckpoint(plan);
    const int hosts = (cost.step.ranks + machine.device.perHost - 1) / machine.device.perHost;
    cost.checkpointSeconds =
        static_cast<double>(cost.checkpointBytes) / (machine.host.diskWrite * hosts);
    planCheckpoints(cost, machine);
    cost.days = cost.computeDays / std::max(1 - cost.lostShare.value_or(0), 1e-6);
    cost.deviceHours = cost.days * 24 * cost.step.ranks;
    if (machine.price) cost.usd = cost.deviceHours * machine.price->perDeviceHour;
    cost.kilowattHours = cost.deviceHours * machine.device.watts / 1000;
    if (machine.failures) cost.failures = cost.deviceHours / machine.failures->deviceHours;
    saySummary(cost, machine);
    return cost;
}

}  // namespace ringscope
