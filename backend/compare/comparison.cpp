#include "backend/compare/comparison.h"

#include "backend/compare/grouping.h"
#include "backend/compare/statistics.h"
#include "backend/compare/verdict.h"
#include "backend/compare/warnings.h"
#include "backend/config/mode_names.h"

#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

// The compared runs in groups, in order of first appearance.
struct Grouped {
    std::vector<Repeats> repeats;
    std::vector<SettingDifference> differences;  // values in the order of `repeats`
    std::vector<RunGroup> groups;

    std::size_t size() const { return repeats.size(); }
};

std::vector<const RunRecord*> comparedRuns(const std::vector<RunRecord>& runs) {
    const bool onlyReferences = std::ranges::all_of(runs, &RunRecord::reference);
    std::vector<const RunRecord*> compared;
    for (const RunRecord& run : runs)
        if (onlyReferences || !run.reference) compared.push_back(&run);
    return compared;
}

Grouped grouped(const std::vector<RunRecord>& runs) {
    Grouped all;
    all.repeats = groupRepeats(comparedRuns(runs));
    all.differences = differingSettings(all.repeats);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all.groups.push_back(summarise(all.repeats[i]));
        all.groups.back().label = groupLabel(all.repeats, i, all.differences);
    }
    return all;
}

std::size_t chooseBaseline(const Grouped& all) {
    const auto marked = std::ranges::find_if(all.repeats, &Repeats::markedBaseline);
    if (marked != all.repeats.end()) return static_cast<std::size_t>(marked - all.repeats.begin());
    for (const std::string_view mode : {modenames::legacy, modenames::none}) {
        const auto found = std::ranges::find(all.groups, mode, &RunGroup::mode);
        if (found != all.groups.end()) return static_cast<std::size_t>(found - all.groups.begin());
    }
    return 0;
}

// Whether group `index` can stand in for the baseline under other settings.
bool isBaselineLike(const Grouped& all, std::size_t index, std::size_t baseline) {
    if (all.repeats[baseline].markedBaseline()) return all.repeats[index].markedBaseline();
    return all.groups[index].mode == all.groups[baseline].mode;
}

std::ptrdiff_t settingsApart(const Grouped& all, std::size_t a, std::size_t b) {
    return std::ranges::count_if(all.differences, [&](const SettingDifference& difference) {
        return difference.values[a] != difference.values[b];
    });
}

bool sameComputation(const Grouped& all, std::size_t a, std::size_t b) {
    return all.repeats[a].first().computation == all.repeats[b].first().computation;
}

// The group whose figures candidate `index` is measured against.
std::size_t counterpart(const Grouped& all, std::size_t index, std::size_t baseline) {
    if (isBaselineLike(all, index, baseline)) return baseline;
    std::size_t best = baseline;
    const auto distance = [&](std::size_t other) {
        return std::pair(!sameComputation(all, index, other), settingsApart(all, index, other));
    };
    for (std::size_t other = 0; other < all.size(); ++other)
        if (isBaselineLike(all, other, baseline) && distance(other) < distance(best)) best = other;
    return best;
}

Candidate candidateAgainst(const Grouped& all, std::size_t index, std::size_t base) {
    const RunGroup& group = all.groups[index];
    const RunGroup& other = all.groups[base];
    Candidate candidate;
    candidate.group = group;
    candidate.sameComputation = sameComputation(all, index, base);
    if (!candidate.sameComputation && isBaselineLike(all, index, base)) {
        candidate.sameComputation = true;
        return candidate;
    }
    candidate.against = other.label;
    candidate.speedup = medianRatio(group.tokensPerSecond, other.tokensPerSecond);
    if (candidate.speedup)
        candidate.speedupInterval = ratioInterval(*group.tokensPerSecond, *other.tokensPerSecond);
    candidate.speed = speedAgainst(group.tokensPerSecond, other.tokensPerSecond);
    candidate.memoryRatio = medianRatio(group.peakBytes, other.peakBytes);
    candidate.trafficRatio = medianRatio(group.attentionBytesPerStep, other.attentionBytesPerStep);
    return candidate;
}

// Values came in order of appearance; the comparison shows the baseline first.
std::vector<SettingDifference> baselineFirst(std::vector<SettingDifference> differences,
                                             std::size_t baseline) {
    for (SettingDifference& difference : differences) {
        const auto first = difference.values.begin();
        const auto moved = first + static_cast<std::ptrdiff_t>(baseline);
        std::rotate(first, moved, moved + 1);
    }
    return differences;
}

std::vector<std::string> labelsOf(const Grouped& all) {
    std::vector<std::string> labels;
    for (const RunGroup& group : all.groups) labels.push_back(group.label);
    return labels;
}

}  // namespace

std::vector<const RunGroup*> Comparison::groups() const {
    std::vector<const RunGroup*> all = {&baseline.group};
    for (const Candidate& candidate : candidates) all.push_back(&candidate.group);
    return all;
}

ParityLimits parityLimits(NumberFormat precision) {
    if (rowOf(precision).bytes > 2) return {};
    return {.loss = 2e-3, .gradNorm = 5e-2};
}

ParityVerdict parityVerdict(const Parity& parity, const ParityLimits& limits) {
    if (parity.steps == 0) return ParityVerdict::Unknown;
    const bool same =
        parity.maxLossDiff <= limits.loss && parity.maxGradNormRelDiff <= limits.gradNorm;
    return same ? ParityVerdict::Same : ParityVerdict::Different;
}

ParityVerdict parityVerdict(const RunGroup& group) {
    return group.worstParity ? parityVerdict(*group.worstParity, group.parityLimits)
                             : ParityVerdict::Unknown;
}

ParityVerdict parityVerdict(const RunRecord& run) {
    return run.parity ? parityVerdict(*run.parity, parityLimits(run.config.train.precision))
                      : ParityVerdict::Unknown;
}

bool isReference(const RunGroup& group) {
    if (!group.worstParity) return group.mode == modenames::none;
    return std::ranges::find(group.runs, group.worstParity->reference) != group.runs.end();
}

Result<Comparison> compareRuns(const std::vector<RunRecord>& runs) {
    if (runs.empty())
        return Error{ErrorCode::NotFound, "there are no runs to compare; name at least one run"};
    const Grouped all = grouped(runs);
    const std::size_t baseline = chooseBaseline(all);

    Comparison comparison;
    comparison.baseline.group = all.groups[baseline];
    for (std::size_t i = 0; i < all.size(); ++i)
        if (i != baseline)
            comparison.candidates.push_back(
                candidateAgainst(all, i, counterpart(all, i, baseline)));
    comparison.differences = baselineFirst(all.differences, baseline);
    comparison.warnings = warningsAbout(comparison, all.repeats, labelsOf(all));
    comparison.verdict = verdictSentence(comparison);
    return comparison;
}

}  // namespace ringscope
