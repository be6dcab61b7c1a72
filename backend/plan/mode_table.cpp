#include "backend/plan/mode_table.h"

#include "backend/plan/modes/modes.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array modes = {
    Mode{"none", "one rank computes everything: the reference the others are compared with", false,
         noneSchedule},
    Mode{"legacy",
         "every rank holds the whole sequence and attends for its share; outputs are all-gathered",
         true, legacySchedule},
    Mode{"ring",
         "contiguous shards; keys and values go round a ring; unbalanced under a causal mask", true,
         ringSchedule},
    Mode{"zigzag", "the ring over an early and a late chunk per rank: balanced under a causal mask",
         true, zigzagSchedule},
    Mode{"ulysses", "all-to-all splits heads instead of tokens: few bytes, ranks limited by heads",
         true, ulyssesSchedule},
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
