#include "backend/simulate/prediction.h"

#include "backend/memory/repeated_work.h"
#include "backend/plan/attention_work.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/recording.h"
#include "backend/simulate/symmetry.h"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

constexpr int mostTracedRanks = 256;

// After so many layers their kinds repeat; nothing: they do not, soon.
std::optional<std::int64_t> layerPeriod(const RunPlan& plan) {
    constexpr std::int64_t longest = 8;
    for (std::int64_t period = 1; period <= longest; ++period) {
        bool same = true;
        for (std::size_t i = static_cast<std::size_t>(period); i < plan.layers.size(); ++i) {
            const std::size_t before = i - static_cast<std::size_t>(period);
            same = same && plan.layers[i] == plan.layers[before] &&
                   plan.partOfLayer[i] == plan.partOfLayer[before];
        }
        if (same) return period;
    }
    return std::nullopt;
}

// A number of equal things: `few` are simulated, then so many more, and each further `more` of them
// count as these did.
struct Stretch {
    std::int64_t few = 0;
    std::int64_t more = 0;   // 0: all are simulated
    std::int64_t times = 0;  // that `more` fits into the rest

    static Stretch of(std::int64_t all, std::int64_t unit, std::int64_t settled) {
        const std::int64_t few = settled * unit + all % unit;
        if (few + unit >= all) return {.few = all};
        return {.few = few, .more = unit, .times = (all - few) / unit};
    }
};

RankTimes combined(const RankTimes& a, const RankTimes& b, std::int64_t factor) {
    RankTimes sum = a;
    for (const auto part : timeParts) sum.*part += factor * b.*part;
    return sum;
}

StepTimes played(const StepCosts& costs, const Symmetry& symmetry, const TapeExtent& extent) {
    const SimulatedStep step =
        simulateStep(tapesOf(costs, symmetry, extent), costs.machine(), /*record=*/false);
    // The mean is rounded down part by part: what is lost is of the tail.
    RankTimes mean = step.mean();
    mean.tail += step.nanos - mean.step();
    return {.stepNanos = step.nanos,
            .mean = mean,
            .unlikeRanks = symmetry.period,
            .ranksApart = symmetry.apart};
}

StepTimes sumOf(const StepTimes& a, const StepTimes& b, std::int64_t factor) {
    return {.stepNanos = a.stepNanos + factor * b.stepNanos,
            .mean = combined(a.mean, b.mean, factor),
            .unlikeRanks = a.unlikeRanks,
            .ranksApart = a.ranksApart};
}

StepTimes stretched(const StepCosts& costs, const Symmetry& symmetry, std::int64_t microSteps) {
    const RunPlan& plan = costs.plan();
    const std::int64_t layers = std::ssize(plan.layers);
    const std::int64_t every =
        plan.config.memory.recompute == Recompute::Layers ? plan.config.memory.recomputeEvery : 1;
    const std::optional<std::int64_t> kinds = layerPeriod(plan);
    // Buffers and values of units take turns: two layers are a round.
    const Stretch stretch =
        kinds ? Stretch::of(layers, std::lcm(std::lcm(*kinds, every), 2), 1) : Stretch{layers};
    const StepTimes few = played(costs, symmetry, {stretch.few, microSteps});
    if (stretch.more == 0) return few;
    const StepTimes more = played(costs, symmetry, {stretch.few + stretch.more, microSteps});
    return sumOf(few, sumOf(more, few, -1), stretch.times);
}

// Where ranks are not yet out of step as they stay, one more layer may take a few nanoseconds less
// than nothing of a part. The largest part makes up for it.
StepTimes withoutDebts(StepTimes times) {
    std::int64_t debt = 0;
    std::int64_t RankTimes::*largest = &RankTimes::attention;
    for (const auto part : timeParts) {
        if (times.mean.*part < 0) debt += std::exchange(times.mean.*part, 0);
        if (times.mean.*part > times.mean.*largest) largest = part;
    }
    times.mean.*largest += debt;
    return times;
}

}  // namespace

StepFlops stepFlops(const RunPlan& plan) {
    const RunConfig& config = plan.config;
    const double seen = 3.5 * attentionFlops(plan) *
                        static_cast<double>(config.train.gradAccum * config.parallel.dp);
    const auto length = static_cast<double>(config.train.seqLen);
    const double pairs = seenPairsOfLayers(plan);
    const double all = static_cast<double>(plan.layers.size()) * length * length;
    return {.causal = plan.flopsPerStep,
            .full = plan.flopsPerStep + (pairs > 0 ? seen * (all / pairs - 1) : 0),
            .withRecompute = plan.flopsPerStep + repeatedFlops(plan)};
}

Result<StepTimes> predictTimes(const RunPlan& plan, const Machine& machine,
                               const std::string& kernel) {
    RINGSCOPE_TRY(const StepCosts costs, StepCosts::of(plan, machine, kernel));
    RINGSCOPE_TRY(const Symmetry symmetry, symmetryOf(costs));
    const Stretch stretch = Stretch::of(plan.microSteps, 1, 2);
    const StepTimes few = stretched(costs, symmetry, stretch.few);
    if (stretch.more == 0) return withoutDebts(few);
    const StepTimes more = stretched(costs, symmetry, stretch.few + stretch.more);
    return withoutDebts(sumOf(few, sumOf(more, few, -1), stretch.times));
}

std::int64_t bytesBesideTensors(const Machine& machine) {
    if (machine.device.kind == DeviceKind::Cpu) return 0;
    std::int64_t bytes = 0;
    for (const BesideTensors& beside : gpuEstimates()) bytes += beside.bytes;
    return bytes;
}

Result<Prediction> predictRun(const RunPlan& plan, const Machine& machine,
                              const std::string& kernel, const std::optional<PredictedPeak>& peak) {
    RINGSCOPE_TRY(const StepTimes times, predictTimes(plan, machine, kernel));
    return Prediction{.mode = plan.config.parallel.mode,
                      .arrangement = plan.schedule().arrangement,
                      .ranks = plan.ranks,
                      .sequenceRanks = plan.ranks / plan.replicas,
                      .kernel = kernel.empty() ? machine.kernel : kernel,
                      .tokens = plan.config.train.seqLen * plan.config.train.batch *
                                plan.microSteps * plan.replicas,
                      .stepNanos = times.stepNanos,
                      .mean = times.mean,
                      .unlikeRanks = times.unlikeRanks,
                      .ranksApart = times.ranksApart,
                      .flops = stepFlops(plan),
                      .peakTflops = machine.peakOf(plan.config.train.precision),
                      .attentionBytes = plan.attentionBytesPerStep,
                      .gradientBytes = plan.gradientBytesPerStep,
                      .peak = peak ? *peak : predictedPeak(plan),
                      .besideBytes = bytesBesideTensors(machine),
                      .deviceBytes = machine.device.memoryBytes,
                      .errorPercent = machine.error.percent,
                      .errorSource = machine.error.source,
                      .watts = machine.device.watts * plan.ranks,
                      .usdPerHour = machine.price ? machine.price->perDeviceHour * plan.ranks : 0};
}

Result<RunConfig> onMachine(RunConfig config, const Machine& machine, std::int64_t ranks) {
    config.launch.device =
        machine.device.kind == DeviceKind::Gpu ? DeviceChoice::Cuda : DeviceChoice::Cpu;
    config.launch.transport = TransportKind::Local;
    config.launch.hosts.clear();
    config.launch.hostfile.reset();
    config.debug = {};
    config.profile.ranks.reset();
    const Mode* mode = findMode(config.parallel.mode);
    if (ranks == 0 || (mode != nullptr && !mode->sharded)) return config;
    if (ranks % config.parallel.dp != 0)
        return Error{
            ErrorCode::InvalidConfig,
            fmt::format("{} ranks do not divide into parallel.dp {} groups; use a multiple", ranks,
                        config.parallel.dp)};
    config.parallel.sp = ranks / config.parallel.dp;
    return config;
}

Result<Trace> predictedTrace(const RunPlan& plan, const Machine& machine,
                             const std::string& kernel) {
    if (plan.ranks > mostTracedRanks)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("a predicted trace has at most {} ranks; this run has {}",
                                 mostTracedRanks, plan.ranks)};
    RINGSCOPE_TRY(const StepCosts costs, StepCosts::of(plan, machine, kernel));
    RINGSCOPE_TRY(const Symmetry symmetry, symmetryOf(costs, mostTracedRanks));
    const int period = symmetry.period;
    const SimulatedStep step =
        simulateStep(tapesOf(costs, symmetry, wholeStep(plan)), machine, /*record=*/true);
    const int ofReplica = plan.ranks / plan.replicas;
    std::vector<RankTrace> ranks;
    for (int rank = 0; rank < plan.ranks; ++rank) {
        const int within = rank % ofReplica;
        const int played = within % period;
        const int further = within - played;
        RankTrace& trace = ranks.emplace_back();
        trace.origin = {.run = "predicted",
                        .rank = rank,
                        .world = plan.ranks,
                        .host = fmt::format("{}-{}", machine.name, rank / machine.device.perHost),
                        .mode = plan.config.parallel.mode,
                        .device = machine.device.name,
                        .firstStep = 0,
                        .endStep = 1,
                        .source = "ringscope plan time"};
        const std::vector<RankSet> groups = collectiveGroups(plan, rank);
        for (const RankSet& group : groups)
            trace.origin.groups.push_back({group.first, group.count});
        // A group of neighbours is so many ranks further; one that goes round everybody is not.
        const auto groupLike = [&](int first) {
            for (const int moved : {rank - within + first + further, rank - within + first})
                if (std::ranges::find(groups, moved, &RankSet::first) != groups.end()) return moved;
            return -1;
        };
        for (const Span& span : step.spans[static_cast<std::size_t>(played)]) {
            SpanTag tag = span.tag();
            const bool message =
                tag.operation == Operation::Send || tag.operation == Operation::Receive;
            if (tag.kind == SpanKind::Transfer && !message && tag.peer >= 0)
                tag.peer = groupLike(tag.peer);
            if (message) tag.peer = rank - within + (tag.peer + further) % ofReplica;
            trace.spans.emplace_back(span.begin(), span.end(), tag);
        }
        trace.clock = {{0, 0, 0}, {step.nanos, step.nanos, 0}};  // all ranks have one
        trace.complete = true;
    }
    return mergeRanks(std::move(ranks));
}

}  // namespace ringscope
