#include "backend/migration/old_way.h"

#include "backend/config/mode_names.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"
#include "backend/plan/mode_table.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::string_view zigzagOfRings = "ring-flash-attention's zigzag ring";
constexpr std::string_view gatherOfRings =
    "ring-flash-attention's llama3, which gathers keys and values some heads at a time";
constexpr std::string_view exchange =
    "heads are exchanged by all-to-all before and after attention, as in DeepSpeed-Ulysses";
constexpr std::string_view transformerRing =
    "TransformerEngine's p2p, a ring in which each rank has an early and a late chunk";
constexpr std::string_view transformerGather = "TransformerEngine's all_gather of keys and values";
constexpr std::string_view transformerGroups =
    "TransformerEngine's a2a+p2p, a ring between groups of ranks that split heads";
constexpr std::string_view groupsOfRings =
    "an all-to-all within groups of ranks, and ring-flash-attention's zigzag ring between them";
constexpr std::string_view torchRing =
    "torch's context parallelism by alltoall, which passes keys and values of an early and a late "
    "chunk round";
constexpr std::string_view torchGather =
    "torch's context parallelism by allgather, with an early and a late chunk of each rank";

// What a stack calls under a mode.
struct StackCall {
    std::string_view kind;
    std::string_view mode;
    std::string_view words;
};
constexpr std::array stackCalls = {
    StackCall{llamaFactoryKind, modenames::zigzag, zigzagOfRings},
    StackCall{llamaFactoryKind, modenames::ulysses, exchange},
    StackCall{llamaFactoryKind, modenames::usp, groupsOfRings},
    StackCall{llamaFactoryKind, modenames::llama3,
              "360-LLaMA-Factory refuses llama3, so the old run cannot have been; the mode is what "
              "ring-flash-attention means by it"},
    StackCall{alstForkKind, modenames::zigzag, zigzagOfRings},
    StackCall{alstForkKind, modenames::ulysses, exchange},
    StackCall{bridgeKind, modenames::zigzag, transformerRing},
    StackCall{bridgeKind, modenames::ulysses, exchange},
    StackCall{bridgeKind, modenames::ringAllgather, transformerGather},
    StackCall{bridgeKind, modenames::usp, transformerGroups},
    StackCall{megatronKind, modenames::zigzag, transformerRing},
    StackCall{megatronKind, modenames::ulysses, exchange},
    StackCall{megatronKind, modenames::ringAllgather, transformerGather},
    StackCall{megatronKind, modenames::usp, transformerGroups},
    StackCall{nemoKind, modenames::zigzag, transformerRing},
    StackCall{nemoKind, modenames::ulysses, exchange},
    StackCall{nemoKind, modenames::ringAllgather, transformerGather},
    StackCall{nemoKind, modenames::usp, transformerGroups},
    StackCall{accelerateKind, modenames::zigzag, torchRing},
    StackCall{accelerateKind, modenames::ringAllgather, torchGather},
    StackCall{torchtitanKind, modenames::zigzag, torchRing},
    StackCall{torchtitanKind, modenames::ringAllgather, torchGather},
    StackCall{axolotlKind, modenames::llama3, gatherOfRings},
    StackCall{axolotlKind, modenames::ring, "ring-flash-attention's contiguous ring"},
    StackCall{openRlhfKind, modenames::llama3, gatherOfRings},
    StackCall{easyContextKind, modenames::zigzag, zigzagOfRings},
    StackCall{easyContextKind, modenames::usp, groupsOfRings},
    StackCall{swiftKind, modenames::usp,
              "ms-swift splits heads over as many ranks as divide them and forms a ring of the "
              "rest"},
};

std::string callWords(const Draft& draft, const std::string& mode) {
    const auto row = std::ranges::find_if(stackCalls, [&](const StackCall& call) {
        return call.kind == draft.source().kind && call.mode == mode;
    });
    if (row != stackCalls.end()) return std::string(row->words);
    if (mode == modenames::ulysses) return std::string(exchange);
    const Mode* known = findMode(mode);
    return known == nullptr ? mode : std::string(known->help);
}

// Names under which the old stack did not quite what the mode does.
struct PartTruth {
    std::string_view old;
    std::string_view words;
};
constexpr std::array partTruths = {
    PartTruth{
        "deepspeed-alst",
        "the fork's newest known revision attends within a rank's own shard instead, which is "
        "another model and no mode of Ringscope"},
    PartTruth{"dist_flash_attn", "dist_flash_attn balances the same work by other messages"},
};

}  // namespace

bool takesLayouts(const std::string& mode) {
    return mode != modenames::none && mode != modenames::legacy;
}

void describeOldWay(Draft& draft) {
    OldWay& old = draft.oldWay;
    if (old.mode.empty()) return;
    if (old.mode == modenames::legacy) {
        old.words =
            "most of the old classes gather all keys and values on every rank, whatever their "
            "names say";
        return;
    }
    old.words = callWords(draft, old.mode);
    const std::string* const named = draft.textOf(Role::Mode);
    const auto decided = std::ranges::find(draft.decisions, "mode", &Decision::id);
    const bool forkDecided = decided != draft.decisions.end() && draft.source().impliedMode.empty();
    const std::string word = named != nullptr ? *named
                             : forkDecided && decided->chosen == modenames::ulysses
                                 ? "deepspeed-alst"
                                 : "";
    const auto part = std::ranges::find(partTruths, word, &PartTruth::old);
    if (part != partTruths.end()) old.words += "; " + std::string(part->words);
    if (decided != draft.decisions.end() && !forkDecided)
        old.words += "; the files name no mode that is known, so the chosen one stands for theirs";
    const KeyVerdict* const size = draft.keyOf(Role::Size);
    if (draft.source().kind == deepSpeedKind && size != nullptr &&
        size->reason.find("only divides the world size") != std::string::npos)
        old.words += "; that is where the program calls it, as the file alone splits no attention";
}

std::string oldWayWords(const OldWay& old) { return "mode " + old.mode + ": " + old.words; }

}  // namespace ringscope
