#include "backend/compare/comparison.h"

#include "backend/compare/grouping.h"
#include "backend/compare/statistics.h"
#include "backend/compare/traits.h"
#include "backend/compare/verdict.h"
#include "backend/compare/warnings.h"
#include "backend/config/mode_names.h"
#include "backend/core/text.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

// The compared runs in groups and sections; numbers are those of `repeats`.
struct Grouped {
    std::vector<Repeats> repeats;                // in order of first appearance
    std::vector<SettingDifference> differences;  // values in that order
    std::vector<GroupSet> sections;
    std::vector<Trait> traits;
    std::vector<RunGroup> groups;

    std::size_t size() const { return repeats.size(); }
};

bool isUnsharded(const RunGroup& group) { return group.mode == modenames::none; }

ParityVerdict ofAttention(ParityVerdict verdict, bool byPattern) {
    return byPattern && verdict == ParityVerdict::Same ? ParityVerdict::AnotherModel : verdict;
}

// "zigzag seq_len=8192": of the traits that are asked for.
template <typename Wanted>
std::string labelOf(const Grouped& all, std::size_t index, Wanted wanted) {
    std::string label = all.groups[index].mode;
    for (const Trait& trait : all.traits) {
        const bool says = !trait.values[index].empty() &&
                          (trait.kind != TraitKind::Ranks || !isUnsharded(all.groups[index]));
        if (says && wanted(trait)) label += " " + trait.spelled(index);
    }
    return label;
}

Grouped grouped(const std::vector<RunRecord>& runs) {
    Grouped all;
    all.repeats = groupRepeats(runs);
    all.differences = differingSettings(all.repeats);
    all.sections = groupsInSections(all.repeats);
    all.traits = tellingTraits(all.repeats, all.differences, all.sections);
    for (const Repeats& repeats : all.repeats) all.groups.push_back(summarise(repeats));
    for (const GroupSet& section : all.sections) {
        for (const std::size_t index : section) {
            all.groups[index].label = labelOf(all, index, [](const Trait&) { return true; });
            all.groups[index].rowLabel = labelOf(all, index, [&](const Trait& trait) {
                return !isShared(trait, section, all.repeats);
            });
        }
    }
    return all;
}

std::size_t chooseBaseline(const Grouped& all) {
    const auto first = [&](auto&& fits) -> std::optional<std::size_t> {
        for (const GroupSet& section : all.sections)
            for (const std::size_t index : section)
                if (fits(index)) return index;
        return std::nullopt;
    };
    if (const auto marked = first([&](std::size_t i) { return all.repeats[i].markedBaseline(); }))
        return *marked;
    for (const std::string_view mode : {modenames::legacy, modenames::none})
        if (const auto found = first([&](std::size_t i) { return all.groups[i].mode == mode; }))
            return *found;
    return *first([](std::size_t) { return true; });
}

std::ptrdiff_t settingsApart(const Grouped& all, std::size_t a, std::size_t b) {
    return std::ranges::count_if(all.differences, [&](const SettingDifference& difference) {
        return difference.values[a] != difference.values[b];
    });
}

bool sameComputation(const Grouped& all, std::size_t a, std::size_t b) {
    return all.repeats[a].first().computation == all.repeats[b].first().computation;
}

// What stands in for the baseline under the settings of a section: a group of it that is marked
// too, else one of the baseline's mode.
std::optional<std::size_t> baselineOf(const Grouped& all, const GroupSet& section,
                                      std::size_t baseline) {
    if (std::ranges::find(section, baseline) != section.end()) return baseline;
    for (const std::size_t index : section)
        if (all.repeats[index].markedBaseline()) return index;
    for (const std::size_t index : section)
        if (all.groups[index].mode == all.groups[baseline].mode) return index;
    return std::nullopt;
}

// For every section the group that its ratios are over. A section without a baseline of its own
// takes the one most like it; one that holds nothing but a baseline (a single mode on more and
// more ranks) takes that of the first section of its computation.
std::vector<std::size_t> denominators(const Grouped& all, std::size_t baseline) {
    std::vector<std::optional<std::size_t>> own;
    for (const GroupSet& section : all.sections) own.push_back(baselineOf(all, section, baseline));
    std::vector<std::size_t> chosen;
    for (std::size_t s = 0; s < all.sections.size(); ++s) {
        const std::size_t sample = spokesman(all.sections[s], all.repeats);
        const auto distance = [&](std::size_t other) {
            return std::pair(!sameComputation(all, sample, other),
                             settingsApart(all, sample, other));
        };
        std::size_t best = own[s].value_or(baseline);
        if (!own[s]) {
            for (const std::optional<std::size_t>& other : own)
                if (other && distance(*other) < distance(best)) best = *other;
        } else if (all.sections[s].size() == 1 && *own[s] != baseline) {
            for (std::size_t earlier = 0; earlier < s; ++earlier) {
                if (!own[earlier] || !sameComputation(all, sample, *own[earlier])) continue;
                best = *own[earlier];
                break;
            }
        }
        chosen.push_back(best);
    }
    return chosen;
}

Candidate candidateAgainst(const Grouped& all, std::size_t index, std::size_t base) {
    const RunGroup& group = all.groups[index];
    const RunGroup& other = all.groups[base];
    Candidate candidate;
    candidate.group = group;
    if (index == base) return candidate;
    candidate.sameComputation = sameComputation(all, index, base);
    candidate.against = other.label;
    candidate.speedup = medianRatio(group.tokensPerSecond, other.tokensPerSecond);
    if (candidate.speedup)
        candidate.speedupInterval = ratioInterval(*group.tokensPerSecond, *other.tokensPerSecond);
    candidate.speed = speedAgainst(group.tokensPerSecond, other.tokensPerSecond);
    candidate.memoryRatio = medianRatio(group.peakBytes, other.peakBytes);
    candidate.trafficRatio = medianRatio(group.attentionBytesPerStep, other.attentionBytesPerStep);
    return candidate;
}

std::vector<SectionTrait> traitsOf(const Grouped& all, const GroupSet& section) {
    std::vector<SectionTrait> traits;
    if (all.sections.size() == 1) return traits;
    const std::size_t speaks = spokesman(section, all.repeats);
    for (const Trait& trait : all.traits) {
        const auto sharedValue = [&](const GroupSet& other) {
            return isShared(trait, other, all.repeats) ? trait.values[spokesman(other, all.repeats)]
                                                       : std::string();
        };
        const std::string value = sharedValue(section);
        const bool differs = std::ranges::any_of(
            all.sections, [&](const GroupSet& other) { return sharedValue(other) != value; });
        if (!value.empty() && differs) traits.push_back({trait.kind, trait.words(speaks)});
    }
    return traits;
}

// Values came in order of appearance; the comparison has an order of its own.
std::vector<SettingDifference> inOrder(std::vector<SettingDifference> differences,
                                       const std::vector<std::size_t>& order) {
    for (SettingDifference& difference : differences) {
        std::vector<std::string> values;
        for (const std::size_t index : order) values.push_back(difference.values[index]);
        difference.values = std::move(values);
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

const Candidate* Comparison::candidate(std::size_t index) const {
    return index == 0 ? nullptr : &candidates[index - 1];
}

bool Section::holdsBaseline() const { return std::ranges::find(groups, baseline) != groups.end(); }

std::string Section::title() const {
    std::vector<std::string> words;
    for (const SectionTrait& trait : traits) words.push_back(trait.words);
    return join(words, ", ");
}

ParityLimits parityLimits(NumberFormat precision, OptimizerKind optimizer) {
    if (rowOf(precision).bytes > 2 && optimizer == OptimizerKind::AdamW) return {};
    return {.loss = 2e-3, .gradNorm = 5e-2};
}

ParityVerdict parityVerdict(const Parity& parity, const ParityLimits& limits) {
    if (parity.steps == 0) return ParityVerdict::Unknown;
    const bool same =
        parity.maxLossDiff <= limits.loss && parity.maxGradNormRelDiff <= limits.gradNorm;
    return same ? ParityVerdict::Same : ParityVerdict::Different;
}

ParityVerdict parityVerdict(const RunGroup& group) {
    if (!group.worstParity) return ParityVerdict::Unknown;
    return ofAttention(parityVerdict(*group.worstParity, group.parityLimits),
                       group.coverage.has_value());
}

ParityVerdict parityVerdict(const RunRecord& run) {
    if (!run.parity) return ParityVerdict::Unknown;
    const TrainConfig& train = run.config.train;
    return ofAttention(parityVerdict(*run.parity, parityLimits(train.precision, train.optimizer)),
                       run.config.attention.pattern.kind != PatternKind::None);
}

bool isReference(const RunGroup& group) {
    if (!group.worstParity) return group.mode == modenames::none;
    return std::ranges::find(group.runs, group.worstParity->reference) != group.runs.end();
}

Result<Comparison> compareRuns(const std::vector<RunRecord>& given) {
    const std::vector<RunRecord> runs = withPinnedBaseline(given);
    if (runs.empty())
        return Error{ErrorCode::NotFound, "there are no runs to compare; name at least one run"};
    const Grouped all = grouped(runs);
    const std::size_t baseline = chooseBaseline(all);
    const std::vector<std::size_t> bases = denominators(all, baseline);

    Comparison comparison;
    comparison.baseline.group = all.groups[baseline];
    std::vector<std::size_t> order = {baseline};
    std::vector<std::size_t> placeOf(all.size(), 0);
    for (std::size_t s = 0; s < all.sections.size(); ++s) {
        GroupSet members = all.sections[s];
        const auto own = std::ranges::find(members, bases[s]);
        if (own != members.end()) std::rotate(members.begin(), own, own + 1);
        for (const std::size_t index : members) {
            if (index == baseline) continue;
            comparison.candidates.push_back(candidateAgainst(all, index, bases[s]));
            placeOf[index] = order.size();
            order.push_back(index);
        }
        comparison.sections.push_back({traitsOf(all, all.sections[s]), bases[s], members});
    }
    for (Section& section : comparison.sections) {
        section.baseline = placeOf[section.baseline];
        for (std::size_t& index : section.groups) index = placeOf[index];
    }
    comparison.differences = inOrder(all.differences, order);
    comparison.unlike = unlikeSentence(all.traits, all.repeats);
    comparison.warnings = warningsAbout(comparison, all.repeats, labelsOf(all));
    comparison.verdict = verdictSentence(comparison);
    return comparison;
}

bool markBaseline(std::vector<RunRecord>& runs, const std::vector<RunId>& baseline) {
    bool found = false;
    for (RunRecord& run : runs) {
        run.baseline = std::ranges::find(baseline, run.id) != baseline.end();
        run.pinned = false;  // what is chosen goes before what was pinned
        found = found || run.baseline;
    }
    return found;
}

}  // namespace ringscope
