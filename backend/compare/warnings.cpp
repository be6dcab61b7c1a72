#include "backend/compare/warnings.h"

#include "backend/compare/dense_twin.h"
#include "backend/compare/verdict.h"
#include "backend/core/rounded.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/run/run_history.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

namespace ringscope {
namespace {

// Something the compared runs should share, beside what Comparison::unlike names. An empty value
// means it is not known.
struct SharedFact {
    std::string_view name;
    std::string (*value)(const RunRecord& run);
};

std::string hostsOf(const RunRecord& run) {
    std::set<std::string> hosts;
    for (const RankRecord& rank : run.rankRecords)
        if (!rank.host.empty()) hosts.insert(rank.host);
    return join({hosts.begin(), hosts.end()}, "+");
}

constexpr std::array sharedFacts = {
    SharedFact{"software", [](const RunRecord& run) { return run.versions; }},
    SharedFact{"hosts", hostsOf},
};

// A value, and the labels of the groups that have it.
struct Sharing {
    std::string value;
    std::vector<std::string> labels;
};

std::vector<Sharing> sharing(const std::vector<Repeats>& groups,
                             const std::vector<std::string>& labels,
                             std::string (*valueOf)(const RunRecord&)) {
    std::vector<Sharing> found;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        for (const RunRecord* run : groups[i].runs) {
            const std::string value = valueOf(*run);
            if (run->status != RunStatus::Finished || value.empty()) continue;
            auto same = std::ranges::find(found, value, &Sharing::value);
            if (same == found.end()) same = found.insert(found.end(), {value, {}});
            if (std::ranges::find(same->labels, labels[i]) == same->labels.end())
                same->labels.push_back(labels[i]);
        }
    }
    return found;
}

// "legacy, ring, zigzag and 9 more".
std::string listed(const std::vector<std::string>& labels) {
    constexpr std::size_t named = 3;
    if (labels.size() <= named + 1) return join(labels, ", ");
    const std::vector<std::string> first(labels.begin(), labels.begin() + named);
    return fmt::format("{} and {} more", join(first, ", "), labels.size() - named);
}

std::string unlikeFact(std::string_view name, const std::vector<Sharing>& values) {
    std::vector<std::string> parts;
    for (const Sharing& value : values)
        parts.push_back(fmt::format("{} ({})", value.value, listed(value.labels)));
    return fmt::format("The runs differ in {}: {}.", name, join(parts, "; "));
}

const RunGroup* groupNamed(const Comparison& comparison, const std::string& label) {
    for (const RunGroup* group : comparison.groups())
        if (group->label == label) return group;
    return nullptr;
}

std::string otherComputations(const Comparison& comparison) {
    std::vector<std::string> labels;
    for (const Candidate& candidate : comparison.candidates)
        if (candidate.speedup && !candidate.sameComputation)
            labels.push_back(candidate.group.label);
    if (labels.empty()) return "";
    return fmt::format(
        "Not the same computation as the baseline, so speed and loss are not like for like: {}.",
        listed(labels));
}

std::string otherRanks(const Comparison& comparison) {
    std::vector<std::string> parts;
    for (const Candidate& candidate : comparison.candidates) {
        const RunGroup* base = groupNamed(comparison, candidate.against);
        if (!candidate.speedup || !base || base->ranks == candidate.group.ranks) continue;
        parts.push_back(fmt::format("{} ({}, not {})", candidate.group.label, candidate.group.ranks,
                                    base->ranks));
    }
    if (parts.empty()) return "";
    return fmt::format("Not on as many ranks as the baseline: {}.", listed(parts));
}

std::string notTheSameModel(const RunGroup& group) {
    const std::string complaint = parityComplaint(group);
    if (complaint.empty()) return "";
    return fmt::format("{} is NOT the same model as the unsharded run: {}.", group.label,
                       complaint);
}

// ". After 10 steps its loss is 2.31, that of ring 2.2; attention sends 12 MiB a step, ring's
// 48 MiB": of what both have.
std::string besideDense(const RunGroup& sparse, const RunGroup& dense, std::int64_t steps) {
    std::vector<std::string> clauses;
    if (sparse.finalLoss && dense.finalLoss)
        clauses.push_back(fmt::format("after {} steps its loss is {}, that of {} {}", steps,
                                      formatRounded(sparse.finalLoss->median, 4), dense.label,
                                      formatRounded(dense.finalLoss->median, 4)));
    if (sparse.attentionBytesPerStep && dense.attentionBytesPerStep) {
        const auto bytes = [](const Spread& spread) {
            return formatBytes({std::llround(spread.median)});
        };
        clauses.push_back(fmt::format("a rank sends {} a step in attention, of {} {}",
                                      bytes(*sparse.attentionBytesPerStep), dense.label,
                                      bytes(*dense.attentionBytesPerStep)));
    }
    return clauses.empty() ? "" : "; " + join(clauses, "; ");
}

// Attention by a pattern is never the same as dense attention, whatever the losses are.
std::string anotherModel(const Comparison& comparison, const std::vector<Repeats>& groups,
                         const std::vector<std::string>& labels, std::size_t index) {
    const RunConfig& config = groups[index].config();
    if (config.attention.pattern.kind == PatternKind::None) return "";
    const RunGroup* sparse = groupNamed(comparison, labels[index]);
    if (sparse == nullptr || !sparse->coverage) return "";
    const double share = *sparse->coverage;
    std::string text = fmt::format(
        "{} is another model than dense attention: attention.pattern {} computes {} % of the "
        "pairs that the mask grants, 1 in {}",
        labels[index], nameOf(config.attention.pattern.kind), formatRounded(100 * share, 3),
        formatRatio(1 / share));
    std::vector<const RunConfig*> configs;
    for (const Repeats& each : groups) configs.push_back(&each.config());
    if (const std::optional<std::size_t> twin = denseTwin(configs, index))
        if (const RunGroup* dense = groupNamed(comparison, labels[*twin]))
            text += besideDense(*sparse, *dense, config.train.steps);
    return text + ".";
}

std::string continuedRuns(const Repeats& group, const std::string& label) {
    std::vector<std::string> parts;
    for (const RunRecord* run : group.continued)
        for (const RunRecord* next : group.runs)
            if (goesOnFrom(*next, run->id))
                parts.push_back(
                    fmt::format("{} by {}", run->id.text.substr(0, 8), next->id.text.substr(0, 8)));
    if (parts.empty()) return "";
    return fmt::format("{}: not a repeat, but continued: {}.", label, listed(parts));
}

std::string noSpeed(const RunGroup& group) {
    if (group.finished == 0 || group.tokensPerSecond) return "";
    return fmt::format(
        "{} finished without a step after the warm-up, so it has no speed; raise train.steps.",
        group.label);
}

}  // namespace

std::vector<std::string> warningsAbout(const Comparison& comparison,
                                       const std::vector<Repeats>& groups,
                                       const std::vector<std::string>& labels) {
    std::vector<std::string> warnings = {otherComputations(comparison), otherRanks(comparison)};
    for (const SharedFact& fact : sharedFacts) {
        const auto values = sharing(groups, labels, fact.value);
        if (values.size() > 1) warnings.push_back(unlikeFact(fact.name, values));
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
        warnings.push_back(anotherModel(comparison, groups, labels, i));
        warnings.push_back(continuedRuns(groups[i], labels[i]));
    }
    for (const RunGroup* group : comparison.groups()) {
        warnings.push_back(notTheSameModel(*group));
        warnings.push_back(noSpeed(*group));
    }
    std::erase(warnings, "");
    return warnings;
}

}  // namespace ringscope
