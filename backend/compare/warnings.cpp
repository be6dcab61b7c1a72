#include "backend/compare/warnings.h"

#include "backend/compare/verdict.h"
#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <set>

namespace ringscope {
namespace {

// Something the compared runs should share. An empty value means it is not known.
struct Trait {
    std::string_view name;
    std::string (*value)(const RunRecord& run);
};

std::string hostsOf(const RunRecord& run) {
    std::set<std::string> hosts;
    for (const RankRecord& rank : run.rankRecords)
        if (!rank.host.empty()) hosts.insert(rank.host);
    return join({hosts.begin(), hosts.end()}, "+");
}

constexpr std::array traits = {
    Trait{"ranks", [](const RunRecord& run) { return std::to_string(run.ranks); }},
    Trait{"device", [](const RunRecord& run) { return run.device; }},
    Trait{"software", [](const RunRecord& run) { return run.versions; }},
    Trait{"hosts", hostsOf},
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

std::string listed(const Sharing& sharing) {
    return fmt::format("{} ({})", sharing.value, join(sharing.labels, ", "));
}

std::string unlikeTrait(std::string_view name, const std::vector<Sharing>& values) {
    std::vector<std::string> parts;
    for (const Sharing& value : values) parts.push_back(listed(value));
    return fmt::format("The runs differ in {}: {}.", name, join(parts, "; "));
}

std::string unlikeComputation(const std::vector<Sharing>& values) {
    std::vector<std::string> parts;
    for (const Sharing& value : values) parts.push_back(join(value.labels, ", "));
    return fmt::format(
        "The runs do not all compute the same: {}; speeds and losses are alike only within a set.",
        join(parts, " | "));
}

}  // namespace

std::vector<std::string> unlikeRuns(const std::vector<Repeats>& groups,
                                    const std::vector<std::string>& labels) {
    std::vector<std::string> warnings;
    const auto computations =
        sharing(groups, labels, [](const RunRecord& run) { return run.computation; });
    if (computations.size() > 1) warnings.push_back(unlikeComputation(computations));
    for (const Trait& trait : traits) {
        const auto values = sharing(groups, labels, trait.value);
        if (values.size() > 1) warnings.push_back(unlikeTrait(trait.name, values));
    }
    return warnings;
}

std::vector<std::string> doubtfulFigures(const Comparison& comparison) {
    std::vector<std::string> warnings;
    for (const RunGroup* group : comparison.groups()) {
        if (parityVerdict(*group) == ParityVerdict::Different)
            warnings.push_back(fmt::format("{} is NOT the same model as the unsharded run: {}.",
                                           group->label, parityComplaint(*group)));
        if (group->finished > 0 && !group->tokensPerSecond)
            warnings.push_back(fmt::format(
                "{} finished without a step after the warm-up, so it has no speed; raise "
                "train.steps.",
                group->label));
    }
    return warnings;
}

}  // namespace ringscope
