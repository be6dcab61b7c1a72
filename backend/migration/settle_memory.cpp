#include "backend/migration/draft.h"

#include <string>
#include <utility>

namespace ringscope {
namespace {

void settleRecompute(Draft& draft) {
    for (const auto& [role, wanted] :
         {std::pair{Role::Recompute, true}, {Role::NoRecompute, false}}) {
        const std::optional<bool> found = readSwitch(draft, role);
        if (!found) continue;
        KeyVerdict& key = *draft.keyOf(role);
        if (*found != wanted) {
            drop(key, "all activations are kept, which is Ringscope's default");
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
        if (!isOn(draft, role)) continue;
        KeyVerdict& key = *draft.keyOf(role);
        draft.config().memory.tileMlp = draft.config().model.hiddenSize;
        key.reason =
            "a feed-forward's inner rows exist for as many tokens as the model is wide; "
            "logits are always made for some rows at a time";
        draft.setOrigin("memory.tile_mlp", key);
    }
}

void settleOffload(Draft& draft) {
    if (!isOn(draft, Role::OffloadActivations)) return;
    KeyVerdict& key = *draft.keyOf(Role::OffloadActivations);
    MemoryConfig& memory = draft.config().memory;
    memory.recompute = Recompute::Layers;
    memory.offloadActivations = OffloadPlace::Disk;
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
