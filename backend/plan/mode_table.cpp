#include "backend/plan/mode_table.h"

#include "backend/config/mode_names.h"
#include "backend/plan/modes/modes.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array modes = {
    Mode{modenames::none,
         "one rank computes everything: the reference the others are compared with", false,
         noneSchedule},
    Mode{modenames::legacy,
         "every rank holds the whole sequence and attends for its share; outputs are all-gathered",
         true, legacySchedule},
    Mode{modenames::ring,
         "contiguous shards; keys and values go round a ring; unbalanced under a causal mask", true,
         ringSchedule},
    Mode{modenames::zigzag,
         "the ring over an early and a late chunk per rank: balanced under a causal mask", true,
         zigzagSchedule},
    Mode{modenames::striped,
         "the ring over every P-th token: balanced under a causal mask but for one diagonal", true,
         stripedSchedule},
    Mode{modenames::ulysses,
         "all-to-all splits heads instead of tokens: few bytes, ranks limited by heads", true,
         ulyssesSchedule},
    Mode{modenames::usp,
         "groups of ranks split heads and form a zigzag ring: for more ranks than heads, two "
         "networks",
         true, uspSchedule},
    Mode{modenames::llama3,
         "keys and values all-gathered some heads at a time, the next while one group is computed",
         true, llama3Schedule},
    Mode{modenames::ringAllgather,
         "one all-gather of keys and values, one reduce-scatter of their gradients; balanced", true,
         ringAllgatherSchedule},
    Mode{modenames::doubleRing,
         "zigzag over rings within a ring: a slow link has a whole round for one message", true,
         doubleRingSchedule},
};

}  // namespace

std::span<const Mode> modeTable() { return modes; }

const Mode* findMode(std::string_view name) {
    const auto found = std::ranges::find(modes, name, &Mode::name);
    return found == modes.end() ? nullptr : &*found;
}

std::vector<std::string> modeNames() {
    std::vector<std::string> names;
    for (const Mode& mode : modes) names.emplace_back(mode.name);
    return names;
}

}  // namespace ringscope
