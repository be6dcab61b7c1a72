#include "backend/trace/chrome/communication_calls.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

bool agree(const std::vector<Operation>& kernels, const std::vector<CollectiveNote>& units) {
    if (kernels.size() != units.size()) return false;
    for (std::size_t i = 0; i < kernels.size(); ++i)
        if (units[i].operation == Operation::None ||
            (kernels[i] != Operation::None && kernels[i] != units[i].operation))
            return false;
    return true;
}

}  // namespace

void CommunicationCalls::sort() {
    std::ranges::stable_sort(calls_, [](const CommunicationCall& a, const CommunicationCall& b) {
        return std::tuple(a.thread, a.begin, -a.end) < std::tuple(b.thread, b.begin, -b.end);
    });
    units_.clear();
    unitOf_.resize(calls_.size());
    byExternalId_.clear();
    for (std::size_t i = 0; i < calls_.size(); ++i) {
        const bool inside = !units_.empty() &&
                            calls_[units_.back().first].thread == calls_[i].thread &&
                            calls_[i].end <= calls_[units_.back().first].end;
        if (!inside) units_.push_back({.first = i});
        units_.back().end = i + 1;
        unitOf_[i] = units_.size() - 1;
        if (calls_[i].externalId != 0) byExternalId_.emplace(calls_[i].externalId, i);
    }
}

CollectiveNote CommunicationCalls::noteOf(const Unit& unit) const {
    CollectiveNote note;
    Operation operation = Operation::None;
    bool several = false;
    for (std::size_t i = unit.end; i-- > unit.first;) {
        const Operation mine = calls_[i].note.operation;
        several = several ||
                  (mine != Operation::None && operation != Operation::None && mine != operation);
        if (mine != Operation::None) operation = mine;
        note.complete(calls_[i].note);
    }
    if (several) note.operation = Operation::None;
    return note;
}

std::optional<CollectiveNote> CommunicationCalls::around(std::uint32_t thread,
                                                         std::int64_t moment) {
    const auto later = std::ranges::upper_bound(
        calls_, std::pair(thread, moment), {},
        [](const CommunicationCall& call) { return std::pair(call.thread, call.begin); });
    if (later == calls_.begin()) return std::nullopt;
    const auto last = static_cast<std::size_t>(later - calls_.begin()) - 1;
    Unit& unit = units_[unitOf_[last]];
    if (calls_[unit.first].thread != thread || calls_[unit.first].end < moment) return std::nullopt;
    unit.claimed = true;
    CollectiveNote note;
    for (std::size_t i = last + 1; i-- > unit.first;)
        if (calls_[i].end >= moment) note.complete(calls_[i].note);
    return note;
}

std::optional<CollectiveNote> CommunicationCalls::ofOperation(std::int64_t externalId) {
    const auto known = byExternalId_.find(externalId);
    if (known == byExternalId_.end()) return std::nullopt;
    Unit& unit = units_[unitOf_[known->second]];
    unit.claimed = true;
    return noteOf(unit);
}

std::vector<CollectiveNote> CommunicationCalls::unclaimed() const {
    std::vector<const Unit*> units;
    for (const Unit& unit : units_)
        if (!unit.claimed) units.push_back(&unit);
    std::ranges::stable_sort(units, {},
                             [this](const Unit* unit) { return calls_[unit->first].begin; });
    std::vector<CollectiveNote> notes;
    notes.reserve(units.size());
    for (const Unit* unit : units) notes.push_back(noteOf(*unit));
    return notes;
}

std::vector<std::vector<CollectiveNote>> notesByOrder(
    const std::vector<std::vector<Operation>>& streams, const std::vector<CollectiveNote>& units) {
    std::map<std::string, std::vector<CollectiveNote>> groups;
    for (const CollectiveNote& unit : units) groups[unit.group].push_back(unit);
    std::vector<std::vector<CollectiveNote>> paired(streams.size());
    for (std::size_t s = 0; s < streams.size(); ++s) {
        if (streams[s].empty()) continue;
        const std::vector<CollectiveNote>* found = nullptr;
        int candidates = 0;
        for (const auto& [group, calls] : groups)
            if (agree(streams[s], calls)) {
                found = &calls;
                ++candidates;
            }
        if (candidates == 1) paired[s] = *found;
    }
    // A group's operations are on one stream.
    std::map<std::string, int> taken;
    for (const auto& notes : paired)
        if (!notes.empty()) ++taken[notes.front().group];
    for (auto& notes : paired)
        if (!notes.empty() && taken[notes.front().group] > 1) notes.clear();
    return paired;
}

}  // namespace ringscope
