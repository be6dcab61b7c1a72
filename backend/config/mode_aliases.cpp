#include "backend/config/mode_aliases.h"

#include "backend/core/text.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array aliases = {
    ModeAlias{"zigzag-ring", "zigzag",
              "360-LLaMA-Factory's ring over an early and a late chunk per rank"},
    ModeAlias{"deepspeed-alst", "ulysses", "the ALST fork's all-to-all by DeepSpeed"},
    ModeAlias{"deepspeed-ulysses", "ulysses", "DeepSpeed's all-to-all over heads"},
    ModeAlias{"alst", "ulysses", "DeepSpeed's all-to-all over heads"},
    ModeAlias{"a2a", "ulysses", "TransformerEngine's all-to-all over heads"},
    ModeAlias{"p2p", "zigzag", "TransformerEngine's ring, which always pairs two chunks"},
    ModeAlias{"basic", "ring", "the contiguous ring of long-context-attention"},
    ModeAlias{"llama3", "", "gathers the keys and values of all ranks, some heads at a time"},
    ModeAlias{"all_gather", "", "gathers the keys and values of all ranks"},
    ModeAlias{"usp", "", "splits heads within groups of ranks and runs a ring between groups"},
    ModeAlias{"a2a+p2p", "", "splits heads within groups of ranks and runs a ring between groups"},
};

}  // namespace

std::span<const ModeAlias> modeAliases() { return aliases; }

const ModeAlias* findModeAlias(std::string_view name) {
    if (name.size() > 40) return nullptr;
    const auto found = std::ranges::find(aliases, toLower(name), &ModeAlias::old);
    return found == aliases.end() ? nullptr : &*found;
}

std::string modeAliasWarning(const ModeAlias& alias) {
    return "'" + std::string(alias.old) + "' is an old name; write " + std::string(alias.now);
}

}  // namespace ringscope
