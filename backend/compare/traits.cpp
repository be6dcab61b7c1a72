#include "backend/compare/traits.h"

#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/config/mode_names.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/model/pattern_words.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

constexpr std::string_view presetField = "model.preset";
constexpr std::string_view sourceField = "data.source";
constexpr std::string_view lengthField = "train.seq_len";
constexpr std::string_view precisionField = "train.precision";
const std::string patternField = "attention.pattern";

bool isUnsharded(const Repeats& group) { return group.config().parallel.mode == modenames::none; }

TraitKind kindOf(std::string_view path) {
    if (path == lengthField) return TraitKind::Length;
    if (path == precisionField) return TraitKind::Precision;
    if (path.starts_with("model.")) return TraitKind::Model;
    if (path.starts_with("data.")) return TraitKind::Data;
    return TraitKind::Other;
}

std::string_view lastWord(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

std::string_view shortName(std::string_view path) {
    const auto endsAlike = [&](const Field& field) {
        return lastWord(field.path) == lastWord(path);
    };
    return std::ranges::count_if(fieldTable(), endsAlike) > 1 ? path : lastWord(path);
}

std::optional<std::int64_t> wholeNumber(std::string_view text) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && rest == end ? std::optional(value) : std::nullopt;
}

std::string grouped(const std::string& number) {
    const std::optional<std::int64_t> value = wholeNumber(number);
    return value ? formatCount(*value) : number;
}

// "/a/long/way/to/war.txt" -> "war.txt", where the last parts tell the values apart too.
void shortenPaths(std::vector<std::string>& values) {
    std::vector<std::string> names;
    for (const std::string& value : values) names.push_back(value.substr(value.rfind('/') + 1));
    const std::set<std::string> whole(values.begin(), values.end());
    const std::set<std::string> last(names.begin(), names.end());
    if (whole.size() == last.size() && !last.contains("")) values = std::move(names);
}

Trait fieldTrait(const SettingDifference& difference) {
    Trait trait;
    trait.kind = kindOf(difference.path);
    trait.path = difference.path;
    trait.name = shortName(difference.path);
    trait.values = difference.values;
    if (difference.path == sourceField) shortenPaths(trait.values);
    const bool oneOfMany = trait.kind == TraitKind::Model  ? difference.path != presetField
                           : trait.kind == TraitKind::Data ? difference.path != sourceField
                                                           : trait.kind == TraitKind::Other;
    trait.always = !oneOfMany;
    return trait;
}

// Of the runs, not of their settings.
Trait factTrait(TraitKind kind, std::string name, const std::vector<Repeats>& groups,
                std::string (*value)(const Repeats&)) {
    Trait trait{kind, name, name, {}, true};
    for (const Repeats& group : groups) trait.values.push_back(value(group));
    return trait;
}

// All fields of attention.pattern together.
Trait patternTrait(const std::vector<Repeats>& groups) {
    Trait trait{.path = patternField, .name = "pattern", .values = {}, .always = false};
    for (const Repeats& group : groups)
        trait.values.push_back(patternWords(group.config().attention.pattern));
    return trait;
}

bool differs(const Trait& trait, const std::vector<Repeats>& groups) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const bool counts =
            trait.kind == TraitKind::Ranks ? !isUnsharded(groups[i]) : !trait.values[i].empty();
        if (counts) seen.insert(trait.values[i]);
    }
    return seen.size() > 1;
}

// All that could tell them apart, the most telling first.
std::vector<Trait> candidates(const std::vector<Repeats>& groups,
                              const std::vector<SettingDifference>& differences) {
    std::vector<Trait> traits;
    const auto ofPattern = [](const SettingDifference& difference) {
        return difference.path.starts_with(patternField + ".");
    };
    for (const SettingDifference& difference : differences)
        if (!ofPattern(difference)) traits.push_back(fieldTrait(difference));
    if (std::ranges::any_of(differences, ofPattern)) traits.push_back(patternTrait(groups));
    const auto ranks = [](const Repeats& group) { return std::to_string(group.first().ranks); };
    traits.push_back(factTrait(TraitKind::Ranks, "ranks", groups, ranks));
    traits.push_back(factTrait(TraitKind::Device, "device", groups,
                               [](const Repeats& group) { return group.device(); }));
    std::erase_if(traits, [&](const Trait& trait) {
        return trait.kind != TraitKind::Other && !differs(trait, groups);
    });
    std::ranges::stable_sort(traits, [](const Trait& a, const Trait& b) {
        return std::pair(a.kind, !a.always) < std::pair(b.kind, !b.always);
    });
    return traits;
}

bool tellsGroupsApart(const std::vector<Trait>& traits, const std::vector<Repeats>& groups) {
    std::set<std::vector<std::string>> seen;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::vector<std::string> values = {groups[i].config().parallel.mode};
        for (const Trait& trait : traits) values.push_back(trait.values[i]);
        if (!seen.insert(std::move(values)).second) return false;
    }
    return true;
}

bool tellsSectionsApart(const std::vector<Trait>& traits, const std::vector<Repeats>& groups,
                        const std::vector<GroupSet>& sections) {
    std::set<std::vector<std::string>> seen;
    for (const GroupSet& section : sections) {
        std::vector<std::string> values;
        for (const Trait& trait : traits)
            values.push_back(isShared(trait, section, groups)
                                 ? trait.values[spokesman(section, groups)]
                                 : std::string());
        if (!seen.insert(std::move(values)).second) return false;
    }
    return true;
}

// "nano, tiny", "1,024 to 8,192": distinct values in order of appearance; many numbers as a range.
std::string valuesWords(const Trait& trait, const std::vector<Repeats>& groups) {
    constexpr std::size_t most = 3;
    std::vector<std::string> values;
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const std::string& value = trait.values[i];
        if (trait.kind == TraitKind::Ranks && isUnsharded(groups[i])) continue;
        if (value.empty() || std::ranges::find(values, value) != values.end()) continue;
        values.push_back(value);
        if (const std::optional<std::int64_t> number = wholeNumber(value))
            numbers.push_back(*number);
    }
    if (numbers.size() == values.size()) {
        std::ranges::sort(numbers);
        if (numbers.size() > most)
            return fmt::format("{} to {}", formatCount(numbers.front()),
                               formatCount(numbers.back()));
        values.clear();
        for (const std::int64_t number : numbers) values.push_back(formatCount(number));
    }
    if (values.size() > most) {
        const std::size_t more = values.size() - most;
        values.resize(most);
        return fmt::format("{} and {} more", join(values, ", "), more);
    }
    return join(values, ", ");
}

std::string kindWords(const Trait& trait) {
    switch (trait.kind) {
        case TraitKind::Model:
            return trait.path == presetField ? "model" : trait.path;
        case TraitKind::Data:
            return trait.path == sourceField ? "data" : trait.path;
        case TraitKind::Length:
            return "length";
        case TraitKind::Precision:
            return "precision";
        case TraitKind::Ranks:
            return "ranks";
        case TraitKind::Device:
            return "device";
        case TraitKind::Other:
            break;
    }
    return trait.path;
}

// Of a setting that decides the numbers, or of what figures depend on.
bool limitsComparison(const Trait& trait, bool oneComputation) {
    if (trait.kind != TraitKind::Other) return true;
    return !oneComputation &&
           (trait.path.starts_with("train.") || trait.path.starts_with("attention."));
}

// The computation whatever the length: lengths of one experiment stand together.
std::string withoutLength(const RunConfig& config) {
    RunConfig any = config;
    any.train.seqLen = 0;
    return computationIdentity(any);
}

bool sameDevice(const std::string& a, const std::string& b) {
    return a.empty() || b.empty() || a == b;  // a run that never started has none
}

struct Place {
    std::string computation;
    std::string device;
    int ranks = 1;
};

}  // namespace

std::string Trait::spelled(std::size_t group) const { return name + "=" + values[group]; }

std::string Trait::words(std::size_t group) const {
    const std::string& value = values[group];
    switch (kind) {
        case TraitKind::Length:
            return grouped(value) + " tokens";
        case TraitKind::Ranks:
            return grouped(value) + (value == "1" ? " rank" : " ranks");
        case TraitKind::Precision:
        case TraitKind::Device:
            return value;
        case TraitKind::Model:
        case TraitKind::Data:
            if (path == presetField || path == sourceField) return value;
            break;
        case TraitKind::Other:
            break;
    }
    return spelled(group);
}

std::vector<GroupSet> groupsInSections(const std::vector<Repeats>& groups) {
    std::vector<Place> places;
    std::vector<GroupSet> sections;
    const auto placeOf = [&](const Repeats& group, bool anyRanks) {
        std::optional<std::size_t> found;
        for (std::size_t i = 0; i < places.size(); ++i) {
            const Place& place = places[i];
            const bool fits = place.computation == group.first().computation &&
                              sameDevice(place.device, group.device()) &&
                              (anyRanks || place.ranks == group.first().ranks);
            if (fits && (!found || place.ranks < places[*found].ranks)) found = i;
        }
        if (found) return *found;
        places.push_back({group.first().computation, group.device(), group.first().ranks});
        sections.emplace_back();
        return places.size() - 1;
    };
    for (const bool unsharded : {false, true}) {
        for (std::size_t i = 0; i < groups.size(); ++i) {
            if (isUnsharded(groups[i]) != unsharded) continue;
            const std::size_t at = placeOf(groups[i], unsharded);
            sections[at].push_back(i);
            if (places[at].device.empty()) places[at].device = groups[i].device();
        }
    }
    for (GroupSet& section : sections) std::ranges::sort(section);

    // Kinds of computation in order of appearance among the groups.
    std::map<std::string, std::size_t> appeared;
    for (std::size_t i = 0; i < groups.size(); ++i)
        appeared.emplace(withoutLength(groups[i].config()) + groups[i].device(), i);
    std::ranges::stable_sort(sections, {}, [&](const GroupSet& section) {
        const Repeats& group = groups[spokesman(section, groups)];
        return std::tuple(appeared.at(withoutLength(group.config()) + group.device()),
                          group.config().train.seqLen, group.first().ranks);
    });
    return sections;
}

std::vector<Trait> tellingTraits(const std::vector<Repeats>& groups,
                                 const std::vector<SettingDifference>& differences,
                                 const std::vector<GroupSet>& sections) {
    std::vector<Trait> traits = candidates(groups, differences);
    for (std::size_t i = traits.size(); i-- > 0;) {
        if (traits[i].always) continue;
        std::vector<Trait> fewer = traits;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
        if (tellsGroupsApart(fewer, groups) && tellsSectionsApart(fewer, groups, sections))
            traits = std::move(fewer);
    }
    return traits;
}

std::size_t spokesman(const GroupSet& section, const std::vector<Repeats>& groups) {
    const auto split = std::ranges::find_if(
        section, [&](std::size_t group) { return !isUnsharded(groups[group]); });
    return split == section.end() ? section.front() : *split;
}

bool isShared(const Trait& trait, const GroupSet& section, const std::vector<Repeats>& groups) {
    const std::string& value = trait.values[spokesman(section, groups)];
    return std::ranges::all_of(section, [&](std::size_t group) {
        if (trait.kind == TraitKind::Ranks && isUnsharded(groups[group])) return true;
        if (trait.kind == TraitKind::Device && trait.values[group].empty()) return true;
        return trait.values[group] == value;
    });
}

std::string unlikeSentence(const std::vector<Trait>& traits, const std::vector<Repeats>& groups) {
    constexpr std::size_t most = 4;
    std::vector<std::string> parts;
    const bool oneComputation = std::ranges::all_of(groups, [&](const Repeats& group) {
        return group.first().computation == groups.front().first().computation;
    });
    for (const Trait& trait : traits)
        if (limitsComparison(trait, oneComputation))
            parts.push_back(fmt::format("{} ({}{})", kindWords(trait), valuesWords(trait, groups),
                                        trait.kind == TraitKind::Length ? " tokens" : ""));
    if (parts.empty()) return "";
    if (parts.size() > most) {
        const std::size_t more = parts.size() - most + 1;
        parts.resize(most - 1);
        parts.push_back(fmt::format("{} other settings", more));
    }
    const std::string last = parts.back();
    parts.pop_back();
    return "the runs differ in " + (parts.empty() ? last : join(parts, ", ") + " and " + last);
}

}  // namespace ringscope
