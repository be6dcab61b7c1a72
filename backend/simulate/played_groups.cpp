#include "backend/simulate/played_groups.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

namespace ringscope {
namespace {

// A ring over all ranks crosses each level once for all ranks below it; an all-to-all sends each
// rank its own bytes.
void spreadOverLevels(const RankSet& set, const Machine& machine, PlayedGroup& group) {
    double below = 1;
    for (std::size_t level = 0; level < machine.links.size(); ++level) {
        const int reach = machine.links[level].reach;
        double within = 0;
        for (int index = 0; index < set.count; ++index)
            within += reach == 0 || set.at(index) / reach == set.first / reach ? 1 : 0;
        if (within > below) {
            const int at = static_cast<int>(level);
            const int hops = std::bit_width(static_cast<unsigned>(within / below) - 1);
            group.levels.push_back({at, 1 / below, hops});
            group.allToAllLevels.push_back(
                {at, (within - below) / static_cast<double>(set.count - 1), hops});
        }
        below = std::max(below, within);
    }
}

}  // namespace

PlayedGroups playedGroups(const SimulatedRanks& ranks, const Machine& machine) {
    const auto period = static_cast<int>(ranks.tapes.size());
    std::map<std::tuple<int, int, int, bool>, int> numbers;
    PlayedGroups played;
    for (const RankTape& tape : ranks.tapes) {
        std::vector<PlayedGroup>& groups = played.ofRanks.emplace_back();
        for (const TapeGroup& each : tape.groups) {
            const RankSet& set = each.ranks;
            PlayedGroup& group = groups.emplace_back();
            const bool whole = each.everybody || set.count == ranks.all;
            group.first = whole ? -1 : set.first;
            for (int index = 0; index < set.count; ++index)
                group.members.push_back(set.at(index) % ranks.ranks % period);
            std::ranges::sort(group.members);
            group.members.erase(std::unique(group.members.begin(), group.members.end()),
                                group.members.end());
            const std::tuple key{each.everybody ? 0 : set.first % period, set.count, set.stride,
                                 each.everybody};
            group.number = numbers.emplace(key, static_cast<int>(numbers.size())).first->second;
            spreadOverLevels(set, machine, group);
        }
    }
    played.count = static_cast<int>(numbers.size());
    return played;
}

}  // namespace ringscope
