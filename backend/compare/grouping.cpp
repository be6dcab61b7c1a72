#include "backend/compare/grouping.h"

#include "backend/compare/statistics.h"
#include "backend/config/field_table.h"
#include "backend/memory/memory_plan.h"
#include "backend/plan/attention_work.h"
#include "backend/plan/run_plan.h"
#include "backend/run/run_history.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

constexpr std::string_view modePath = "parallel.mode";
constexpr std::string_view presetPath = "model.preset";

bool isModelSize(const Field& field) {
    return field.path.starts_with("model.") && field.path != presetPath;
}

bool presetSaysAll(const RunConfig& config) {
    return std::ranges::any_of(modelPresets(), [&](const ModelPreset& preset) {
        ModelConfig model = preset.model;
        model.preset = preset.name;
        return config.model == model;
    });
}

std::vector<std::string> valuesOf(const Field& field, const std::vector<Repeats>& groups) {
    std::vector<std::string> values;
    for (const Repeats& group : groups) values.push_back(field.get(group.config()));
    return values;
}

template <typename Figure>
std::optional<Spread> spreadOver(const std::vector<const RunRecord*>& runs, Figure figure) {
    std::vector<double> values;
    for (const RunRecord* run : runs)
        if (const std::optional<double> value = figure(*run)) values.push_back(*value);
    return spreadOf(std::move(values));
}

std::optional<double> fromRanks(const RunRecord& run, Bytes (*figure)(const RunRecord&)) {
    const std::optional<Bytes> bytes = measuredBytes(run, figure);
    return bytes ? std::optional(static_cast<double>(bytes->count)) : std::nullopt;
}

std::optional<double> finalLoss(const RunRecord& run) {
    if (run.steps.empty()) return std::nullopt;
    return run.steps.back().loss;
}

// The same for all repeats.
std::optional<Spread> predictedPeakOf(const RunRecord& run) {
    const Result<RunPlan> plan = planRun(run.config);
    if (!plan.ok()) return std::nullopt;
    return spreadOf({static_cast<double>(predictedPeak(*plan).bytes())});
}

void addFigures(RunGroup& group, const std::vector<const RunRecord*>& finished) {
    group.tokensPerSecond = spreadOver(finished, [](const RunRecord& run) {
        const auto speed = runSpeed(run);
        return speed ? std::optional(speed->tokensPerSecond) : std::nullopt;
    });
    group.stepMs = spreadOver(finished, [](const RunRecord& run) {
        const auto speed = runSpeed(run);
        return speed ? std::optional(speed->stepMedianMs) : std::nullopt;
    });
    group.peakBytes =
        spreadOver(finished, [](const RunRecord& run) { return fromRanks(run, peakMemory); });
    if (group.peakBytes) group.predictedPeakBytes = predictedPeakOf(*finished.front());
    group.attentionBytesPerStep = spreadOver(
        finished, [](const RunRecord& run) { return fromRanks(run, measuredAttentionBytes); });
    group.predictedAttentionBytesPerStep = spreadOver(finished, [](const RunRecord& run) {
        return std::optional(static_cast<double>(run.predictedAttentionBytesPerStep.count));
    });
    group.gradientBytesPerStep = spreadOver(
        finished, [](const RunRecord& run) { return fromRanks(run, measuredGradientBytes); });
    group.finalLoss = spreadOver(finished, finalLoss);
}

template <auto Figure>
std::optional<Spread> predictedSpread(const std::vector<const RunRecord*>& finished) {
    return spreadOver(finished, [](const RunRecord& run) -> std::optional<double> {
        if (!run.prediction) return std::nullopt;
        return (*run.prediction).*Figure;
    });
}

void addPredictions(RunGroup& group, const std::vector<const RunRecord*>& finished) {
    group.predictedStepMs = predictedSpread<&RunPrediction::stepMs>(finished);
    group.predictedExposedMs = predictedSpread<&RunPrediction::exposedMs>(finished);
    group.predictedWaitMs = predictedSpread<&RunPrediction::waitMs>(finished);
    group.predictedTokensPerSecond =
        spreadOver(finished, [](const RunRecord& run) -> std::optional<double> {
            if (!run.prediction || run.steps.empty() || run.prediction->stepMs <= 0)
                return std::nullopt;
            const auto tokens = static_cast<double>(run.steps.back().tokens);
            return tokens / run.prediction->stepMs * 1e3;
        });
}

template <auto Figure>
std::optional<Spread> overlapSpread(const std::vector<const RunRecord*>& finished) {
    return spreadOver(finished, [](const RunRecord& run) -> std::optional<double> {
        if (!run.overlap) return std::nullopt;
        return (*run.overlap).*Figure;
    });
}

void addOverlap(RunGroup& group, const std::vector<const RunRecord*>& finished) {
    group.exposedMs = overlapSpread<&OverlapFigures::exposedMs>(finished);
    group.waitMs = overlapSpread<&OverlapFigures::waitMs>(finished);
    group.hiddenWaitMs = overlapSpread<&OverlapFigures::hiddenWaitMs>(finished);
    group.hiddenPercent = overlapSpread<&OverlapFigures::hiddenPercent>(finished);
    group.algbw = overlapSpread<&OverlapFigures::algbw>(finished);
    group.busbw = overlapSpread<&OverlapFigures::busbw>(finished);
    std::vector<const RunRecord*> recorded;
    std::ranges::copy_if(finished, std::back_inserter(recorded),
                         [](const RunRecord* run) { return run->overlap.has_value(); });
    if (recorded.empty()) return;
    const std::optional<int> late = recorded.front()->overlap->lateRank;
    const bool all = std::ranges::all_of(
        recorded, [&](const RunRecord* run) { return run->overlap->lateRank == late; });
    if (all) group.lateRank = late;
}

void addParity(RunGroup& group, const std::vector<const RunRecord*>& finished) {
    for (const RunRecord* run : finished) {
        if (!run->parity) continue;
        group.worstParity =
            group.worstParity ? worseParity(*group.worstParity, *run->parity) : *run->parity;
    }
}

// Nothing without a pattern, and where the configuration can no longer be planned.
std::optional<double> coverageOf(const RunConfig& config) {
    if (config.attention.pattern.kind == PatternKind::None) return std::nullopt;
    const Result<RunPlan> plan = planRun(config);
    if (!plan.ok()) return std::nullopt;
    return coverage(*plan);
}

std::string reasonOf(const RunRecord& run) {
    return run.statusReason.empty() ? "it was " + std::string(statusName(run.status))
                                    : run.statusReason;
}

// A run that did not finish, and that another of the group goes on from, is no repeat beside it.
void setContinuedApart(Repeats& group) {
    const std::vector<const RunRecord*> all = std::exchange(group.runs, {});
    for (const RunRecord* run : all) {
        const bool goesOn =
            run->status != RunStatus::Finished && std::ranges::any_of(all, [&](const auto* other) {
                return goesOnFrom(*other, run->id);
            });
        (goesOn ? group.continued : group.runs).push_back(run);
    }
    if (group.runs.empty()) std::swap(group.runs, group.continued);  // a file with a circle of them
}

}  // namespace

bool Repeats::markedBaseline() const {
    const auto marked = [](const RunRecord* run) { return run->baseline; };
    return std::ranges::any_of(runs, marked) || std::ranges::any_of(continued, marked);
}

std::string Repeats::device() const {
    const auto known =
        std::ranges::find_if(runs, [](const RunRecord* run) { return !run->device.empty(); });
    return known == runs.end() ? "" : (*known)->device;
}

std::vector<Repeats> groupRepeats(const std::vector<RunRecord>& runs) {
    std::vector<Repeats> groups;
    for (const RunRecord& each : runs) {
        const RunRecord* run = &each;
        const auto same = std::ranges::find_if(groups, [&](const Repeats& g) {
            const std::string device = g.device();
            return g.config() == run->config &&
                   (device.empty() || run->device.empty() || device == run->device);
        });
        if (same == groups.end())
            groups.push_back({{run}});
        else
            same->runs.push_back(run);
    }
    for (Repeats& group : groups) setContinuedApart(group);
    return groups;
}

std::vector<SettingDifference> differingSettings(const std::vector<Repeats>& groups) {
    const bool presetsSuffice = std::ranges::all_of(
        groups, [](const Repeats& group) { return presetSaysAll(group.config()); });
    std::vector<SettingDifference> differences;
    for (const Field& field : fieldTable()) {
        if (field.path == modePath || (presetsSuffice && isModelSize(field))) continue;
        std::vector<std::string> values = valuesOf(field, groups);
        if (std::ranges::adjacent_find(values, std::not_equal_to<>{}) != values.end())
            differences.push_back({std::string(field.path), std::move(values)});
    }
    return differences;
}

RunGroup summarise(const Repeats& repeats) {
    RunGroup group;
    group.mode = repeats.config().parallel.mode;
    group.ranks = repeats.first().ranks;
    group.seqLen = repeats.config().train.seqLen;
    const TrainConfig& train = repeats.config().train;
    group.parityLimits = parityLimits(train.precision, train.optimizer);
    group.coverage = coverageOf(repeats.config());
    std::vector<const RunRecord*> finished;
    for (const RunRecord* run : repeats.runs) {
        group.runs.push_back(run->id);
        if (run->status == RunStatus::Finished) {
            finished.push_back(run);
        } else if (!isFinal(run->status)) {
            ++group.unfinished;
        } else if (++group.failed == 1) {
            group.failure = reasonOf(*run);
        }
    }
    group.finished = static_cast<int>(finished.size());
    addFigures(group, finished);
    addPredictions(group, finished);
    addOverlap(group, finished);
    addParity(group, finished);
    return group;
}

}  // namespace ringscope
