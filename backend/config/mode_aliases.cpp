#include "backend/config/mode_aliases.h"

#include "backend/config/mode_names.h"
#include "backend/core/text.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace ringscope {
namespace {

constexpr std::array aliases = {
    ModeAlias{"zigzag-ring", modenames::zigzag,
              "360-LLaMA-Factory's ring over an early and a late chunk per rank"},
    ModeAlias{"deepspeed-alst",
              modenames::ulysses,
              "the ALST fork's all-to-all by DeepSpeed",
              {},
              {PresetValue{"memory.preset", "alst"}}},
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
    // The ring attention classes: what they should have done. Without a causal mask zigzag sends
    // and computes what a contiguous ring does.
    ModeAlias{
        "standard", modenames::zigzag, "StandardRingAttention: keys go round a ring", {}, {}, true},
    ModeAlias{"hilbert",
              modenames::zigzag,
              "HilbertRingAttention: the ring over tokens along a Hilbert curve",
              {},
              {PresetValue{"parallel.token_order", "hilbert"}},
              true},
    ModeAlias{"distributed",
              modenames::zigzag,
              "DistributedRingAttention: the ring with recovery and divided state",
              "large_scale",
              {},
              true},
    ModeAlias{"block-sparse",
              modenames::zigzag,
              "BlockSparseRingAttention: the ring with a block-sparse pattern",
              {},
              {PresetValue{"attention.pattern.kind", "block_sparse"},
               PresetValue{"attention.pattern.local", "4"}},
              true},
};

}  // namespace

std::span<const ModeAlias> modeAliases() { return aliases; }

const ModeAlias* findModeAlias(std::string_view name) {
    if (name.size() > 40) return nullptr;
    const auto found = std::ranges::find(aliases, toLower(name), &ModeAlias::old);
    return found == aliases.end() ? nullptr : &*found;
}

std::vector<PresetValue> ModeAlias::implied() const {
    std::vector<PresetValue> values;
    if (const FilePreset* row = findFilePreset(preset))
        values.assign(row->values.begin(), row->values.end());
    std::ranges::copy_if(also, std::back_inserter(values),
                         [](const PresetValue& value) { return !value.path.empty(); });
    return values;
}

std::string modeAliasWarning(const ModeAlias& alias) {
    std::string words = std::string(alias.now);
    if (!alias.preset.empty()) words += " and preset " + std::string(alias.preset);
    for (const PresetValue& value : alias.also)
        if (!value.path.empty())
            words += " and " + std::string(value.path) + " " + std::string(value.value);
    return "'" + std::string(alias.old) + "' is an old name; write " + words;
}

}  // namespace ringscope
