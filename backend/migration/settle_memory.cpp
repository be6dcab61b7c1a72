#include "backend/migration/draft.h"

#include <string>
#include <utility>

namespace ringscope {
namespace {

void losesNothing(KeyVerdict& key, std::string reason) {
    key.verdict = Verdict::Dropped;
    key.newPath.clear();
    key.reason = std::move(reason);
}

// The key of a switch and what it says; nothing where it is absent, or neither on nor off.
std::optional<std::pair<KeyVerdict*, bool>> memorySwitch(Draft& draft, Role role) {
    KeyVerdict* const key = draft.keyOf(role);
    if (key == nullptr) return std::nullopt;
    if (const std::optional<bool> on = parseSwitch(key->old)) return std::pair{key, *on};
    endanger(*key, "expected true or false; got '" + key->old + "'");
    return std::nullopt;
}

void settleRecompute(Draft& draft) {
    for (const auto& [role, wanted] :
         {std::pair{Role::Recompute, true}, {Role::NoRecompute, false}}) {
        const auto found = memorySwitch(draft, role);
        if (!found) continue;
        KeyVerdict& key = *found->first;
        if (found->second != wanted) {
            losesNothing(key, "all activations are kept, which is Ringscope's default");
            continue;
        }
        draft.config().memory.recompute = Recompute::Layers;
        key.reason = "each layer's input is kept, and the layer runs again in the backward pass";
        draft.setOrigin("memory.recompute", key);
    }
}

// As ALST cuts a feed-forward: tiles of as many rows as the model is wide.
void settleTiles(Draft& draft) {
    for (const Role role : {Role::TiledMlp, Role::TiledMlpAndLoss}) {
        const auto found = memorySwitch(draft, role);
        if (!found) continue;
        KeyVerdict& key = *found->first;
        if (!found->second) {
            losesNothing(key, "off, so nothing is lost");
            continue;
        }
        draft.config().memory.tileMlp = draft.config().model.hiddenSize;
        key.reason =
            "a feed-forward's inner rows exist for as many tokens as the model is wide; "
            "logits are always made for some rows at a time";
        draft.setOrigin("memory.tile_mlp", key);
    }
}

void settleOffload(Draft& draft) {
    const auto found = memorySwitch(draft, Role::OffloadActivations);
    if (!found) return;
    KeyVerdict& key = *found->first;
    if (!found->second) return losesNothing(key, "off, so nothing is lost");
    MemoryConfig& memory = draft.config().memory;
    memory.recompute = Recompute::Layers;
    memory.offloadActivations = ActivationPlace::Disk;
    key.reason =
        "the inputs of layers wait in a file instead of the host's memory (memory.offload_folder), "
        "and layers run again (memory.recompute layers)";
    draft.setOrigin("memory.offload_activations", key);
}

}  // namespace

void settleMemory(Draft& draft) {
    settleRecompute(draft);
    settleTiles(draft);
    settleOffload(draft);
}

}  // namespace ringscope
