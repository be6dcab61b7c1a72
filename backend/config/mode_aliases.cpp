#include "backend/config/mode_aliases.h"

#include "backend/config/mode_names.h"
#include "backend/core/text.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array aliases = {
    ModeAlias{"zigzag-ring", modenames::zigzag,
              "360-LLaMA-Factory's ring over an early and a late chunk per rank"},
    ModeAlias{"deepspeed-alst", modenames::ulysses, "the ALST fork's all-to-all by DeepSpeed",
              "alst"},
    ModeAlias{"deepspeed-ulysses", modenames::ulysses, "DeepSpeed's all-to-all over heads"},
    ModeAlias{"alst", modenames::ulysses, "DeepSpeed's all-to-all over heads"},
    ModeAlias{"a2a", modenames::ulysses, "TransformerEngine's all-to-all over heads"},
    ModeAlias{"p2p", modenames::zigzag, "TransformerEngine's ring, which always pairs two chunks"},
    ModeAlias{"basic", modenames::ring, "the contiguous ring of long-context-attention"},
    ModeAlias{"strip", modenames::striped, "long-context-attention's ring over every P-th token"},
    ModeAlias{"stripe", modenames::striped, "ring-flash-attention's ring over every P-th token"},
    ModeAlias{"varlen_llama3", modenames::llama3,
              "axolotl's all-gather of keys and values, some heads at a time"},
    ModeAlias{"all_gather", modenames::ringAllgather,
              "TransformerEngine's all-gather of keys and values, two chunks per rank"},
    ModeAlias{"allgather", modenames::ringAllgather,
              "torch's all-gather of keys and values, two chunks per rank"},
    ModeAlias{"a2a+p2p", modenames::usp,
              "TransformerEngine's ring between groups of ranks that split heads"},
};

}  // namespace

std::span<const ModeAlias> modeAliases() { return aliases; }

const ModeAlias* findModeAlias(std::string_view name) {
    if (name.size() > 40) return nullptr;
    const auto found = std::ranges::find(aliases, toLower(name), &ModeAlias::old);
    return found == aliases.end() ? nullptr : &*found;
}

std::string modeAliasWarning(const ModeAlias& alias) {
    return "'" + std::string(alias.old) + "' is an old name; write " + std::string(alias.now) +
           (alias.preset.empty() ? "" : " and memory.preset " + std::string(alias.preset));
}

}  // namespace ringscope
