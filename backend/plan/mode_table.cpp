#include "backend/plan/mode_table.h"

#include "backend/config/mode_names.h"
#include "backend/plan/modes/modes.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

std::int64_t onePart(const AttentionShape&) { return 1; }
std::int64_t partPerRank(const AttentionShape& shape) { return shape.ranks; }
std::int64_t twoPartsPerRank(const AttentionShape& shape) { return 2LL * shape.ranks; }

constexpr std::array modes = {
    Mode{modenames::none,
         "one rank computes everything: the reference the others are compared with", false, onePart,
         noneSchedule},
    Mode{modenames::legacy,
         "every rank holds the whole sequence and attends for its share; outputs are all-gathered",
         true, partPerRank, legacySchedule},
    Mode{modenames::ring,
         "contiguous shards; keys and values go round a ring; unbalanced under a causal mask", true,
         partPerRank, ringSchedule},
    Mode{modenames::zigzag,
         "the ring over an early and a late chunk per rank: balanced under a causal mask", true,
         twoPartsPerRank, zigzagSchedule},
    Mode{modenames::striped,
         "the ring over every P-th token: balanced under a causal mask but for one diagonal", true,
         partPerRank, stripedSchedule},
    Mode{modenames::ulysses,
         "all-to-all splits heads instead of tokens: few bytes, ranks limited by heads", true,
         partPerRank, ulyssesSchedule},
    Mode{modenames::usp,
         "groups of ranks split heads and form a zigzag ring: for more ranks than heads, two "
         "networks",
         true, uspParts, uspSchedule},
    Mode{modenames::llama3,
         "keys and values all-gathered some heads at a time, the next while one group is computed",
         true, partPerRank, llama3Schedule},
    Mode{modenames::ringAllgather,
         "one all-gather of keys and values, one reduce-scatter of their gradients; balanced", true,
         twoPartsPerRank, ringAllgatherSchedule},
    Mode{modenames::doubleRing,
         "zigzag over rings within a ring: a slow link has a whole round for one message", true,
         twoPartsPerRank, doubleRingSchedule},
    Mode{modenames::dilatedRing,
         "a ring for each branch of a dilated pattern, over packed keys: a ring's bytes / rate",
         true, partPerRank, dilatedRingSchedule},
    Mode{modenames::dilatedGather,
         "an all-gather for each branch of a dilated pattern, over packed keys: LongNet's own way",
         true, partPerRank, dilatedGatherSchedule},
    Mode{modenames::neededBlocks,
         "each rank gets from each other the keys that its queries see, by mask and pattern alone",
         true, partPerRank, neededBlocksSchedule},
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

std::int64_t paddedTokens(const Mode& mode, const AttentionShape& shape) {
    const std::int64_t parts = mode.parts(shape);
    return (shape.tokens + parts - 1) / parts * parts;
}

}  // namespace ringscope
