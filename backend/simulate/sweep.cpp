#include "backend/simulate/sweep.h"

#include "backend/config/conflicts.h"
#include "backend/config/field_table.h"
#include "backend/core/units.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/planned_ranks.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace ringscope {
namespace {

constexpr double noDifference = 0.005;  // of a step

std::optional<double> secondsAt(const SweepCurve& curve, double at) {
    const auto point = std::ranges::find(curve.points, at, &SweepPoint::at);
    return point == curve.points.end() ? std::nullopt : std::optional(point->seconds);
}

const SweepCurve* fastestAt(const std::vector<SweepCurve>& curves, double at) {
    const SweepCurve* fastest = nullptr;
    for (const SweepCurve& curve : curves) {
        const std::optional<double> seconds = secondsAt(curve, at);
        if (seconds && (fastest == nullptr || *seconds < *secondsAt(*fastest, at)))
            fastest = &curve;
    }
    return fastest;
}

// Both are straight lines between two places, on logarithmic axes.
Crossover crossoverOf(const SweepCurve& from, const SweepCurve& to, double before, double after) {
    Crossover crossover{.at = before, .from = from.name, .to = to.name};
    const auto ahead = [&](double at) -> std::optional<double> {
        const std::optional<double> a = secondsAt(from, at);
        const std::optional<double> b = secondsAt(to, at);
        if (!a || !b) return std::nullopt;
        return std::log(*b / *a);
    };
    const std::optional<double> begin = ahead(before);
    const std::optional<double> end = ahead(after);
    if (!begin || !end || *begin <= *end) return crossover;
    const double share = std::clamp(*begin / (*begin - *end), 0.0, 1.0);
    crossover.at = before * std::pow(after / before, share);
    crossover.interpolated = true;
    return crossover;
}

std::string placeWords(double at, bool interpolated, double divisor) {
    const double shown = at / divisor;
    if (!interpolated) return formatCount(std::llround(shown));
    const double step = std::pow(10, std::floor(std::log10(shown)) - 1);
    return "about " + formatCount(std::llround(std::round(shown / step) * step));
}

}  // namespace

Result<RunConfig> withLength(RunConfig config, const std::string& tokens) {
    if (const Result<void> set = findField("train.seq_len")->set(config, tokens); !set.ok())
        return Error{set.error()}.in("train.seq_len");
    const std::vector<ConfigConflict> conflicts = findConflicts(config);
    if (!conflicts.empty()) return Error{ErrorCode::InvalidConfig, conflicts.front().message};
    return config;
}

Result<RunPlan> planModeOn(const RunConfig& config, std::string_view mode, const Machine& machine,
                           std::int64_t ranks) {
    RunConfig changed = config;
    changed.parallel.mode = mode;
    RINGSCOPE_TRY(const RunConfig moved, onMachine(std::move(changed), machine, ranks));
    return planRanks(moved, mostPlannedRanks);
}

std::vector<ModeForecast> forecastModes(const RunConfig& config, const Machine& machine,
                                        std::int64_t ranks, const std::function<bool()>& stopped) {
    std::vector<ModeForecast> forecasts;
    for (const Mode& mode : modeTable()) {
        if (!mode.sharded) continue;
        ModeForecast& forecast = forecasts.emplace_back();
        forecast.mode = mode.name;
        if (stopped()) continue;
        const Result<RunPlan> plan = planModeOn(config, mode.name, machine, ranks);
        if (!plan.ok()) {
            forecast.reason = plan.error().message;
            continue;
        }
        Result<Prediction> prediction = predictRun(*plan, machine);
        if (prediction.ok())
            forecast.prediction = *std::move(prediction);
        else
            forecast.reason = prediction.error().message;
    }
    return forecasts;
}

const LinkLevel& slowestLink(const Machine& machine, std::int64_t ranks) {
    const auto last = static_cast<int>(std::max<std::int64_t>(ranks, 2) - 1);
    return machine.links[static_cast<std::size_t>(machine.levelBetween(0, last))];
}

Machine withLinkSpeed(Machine machine, std::int64_t ranks, double bytesPerSecond) {
    const auto level = &slowestLink(machine, ranks) - machine.links.data();
    LinkLevel& link = machine.links[static_cast<std::size_t>(level)];
    link = withBandwidth(link, bytesPerSecond);
    return machine;
}

Sweep sweepModes(const RunConfig& config, const Machine& machine, std::int64_t ranks,
                 SweepAxis axis, const std::vector<double>& at,
                 const std::function<bool()>& stopped) {
    Sweep sweep;
    for (const double place : at) {
        RunConfig changed = config;
        Machine moved = machine;
        if (axis == SweepAxis::Length) {
            Result<RunConfig> length = withLength(config, std::to_string(std::llround(place)));
            if (!length.ok()) {
                if (sweep.refused.empty()) sweep.refused = length.error().message;
                continue;
            }
            changed = *std::move(length);
        } else {
            moved = withLinkSpeed(std::move(moved), ranks, place);
        }
        for (const ModeForecast& forecast : forecastModes(changed, moved, ranks, stopped)) {
            if (!forecast.prediction || !forecast.prediction->fits()) continue;
            auto curve = std::ranges::find(sweep.curves, forecast.mode, &SweepCurve::mode);
            if (curve == sweep.curves.end())
                curve = sweep.curves.insert(curve, {forecast.mode, forecast.mode, {}});
            curve->points.push_back({place, forecast.prediction->seconds()});
        }
        if (stopped()) break;
    }
    return sweep;
}

std::vector<double> sweepAround(double middle, SweepAxis axis) {
    std::vector<double> places;
    for (int power = -3; power <= 3; ++power) {
        const double place = std::ldexp(middle, power);
        if (axis != SweepAxis::Length || place == std::floor(place)) places.push_back(place);
    }
    return places;
}

FastestAlong fastestAlong(const std::vector<SweepCurve>& curves) {
    std::set<double> places;
    for (const SweepCurve& curve : curves)
        for (const SweepPoint& point : curve.points) places.insert(point.at);
    FastestAlong along;
    const SweepCurve* leading = nullptr;
    for (const double at : places) {
        const SweepCurve* fastest = fastestAt(curves, at);
        if (leading == nullptr) {
            along = {.begin = at, .end = at, .first = fastest->name};
            leading = fastest;
            continue;
        }
        const std::optional<double> still = secondsAt(*leading, at);
        if (!still || *secondsAt(*fastest, at) < *still * (1 - noDifference)) {
            along.changes.push_back(crossoverOf(*leading, *fastest, along.end, at));
            leading = fastest;
        }
        along.end = at;
    }
    return along;
}

std::string fastestSentence(const FastestAlong& fastest, std::string_view unit, double divisor) {
    if (fastest.first.empty()) return "Nothing fits a device at any of these.";
    const auto place = [&](double at, bool interpolated) {
        return placeWords(at, interpolated, divisor);
    };
    if (fastest.changes.empty())
        return fmt::format("{} is the fastest that fits at all of them, from {} to {} {}.",
                           fastest.first, place(fastest.begin, false), place(fastest.end, false),
                           unit);
    std::string sentence = fmt::format("The fastest that fits: {} from {}", fastest.first,
                                       place(fastest.begin, false));
    for (const Crossover& change : fastest.changes)
        sentence += fmt::format(" to {} {}, {} from there", place(change.at, change.interpolated),
                                unit, change.to);
    return sentence + fmt::format(" to {} {}.", place(fastest.end, false), unit);
}

}  // namespace ringscope
