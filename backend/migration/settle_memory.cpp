#include "backend/core/text.h"
#include "backend/migration/draft.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace ringscope {
namespace {

constexpr std::string_view onDisk =
    "waits in a file (memory.offload_folder) instead of the host's memory: more time where the "
    "disk "
    "is slower";

// "full", "selective" and others, where a switch is no answer.
void settleRecomputeWord(Draft& draft, KeyVerdict& key, const std::string& word) {
    MemoryConfig& memory = draft.config().memory;
    if (word == "selective" && draft.source().kind == torchtitanKind) {
        memory.recompute = Recompute::AttentionKept;
        key.reason = "all of a layer runs again but what attention gives and needs";
        draft.setOrigin("memory.recompute", key);
    } else if (word == "selective") {
        hold(key, "scores of attention are never kept, and nothing else is computed again");
    } else if (word == "none" || word == "null") {
        hold(key, "all activations are kept, which is Ringscope's default");
    } else if (word.starts_with("offload") || word == "unsloth") {
        memory.recompute = Recompute::Layers;
        memory.offloadActivations = OffloadPlace::Disk;
        key.reason = "the inputs of layers wait in a file, and layers run again";
        draft.setOrigin("memory.recompute", key);
        draft.setOrigin("memory.offload_activations", key);
    } else {
        endanger(key, "expected true or false; got '" + key.old + "'");
    }
}

// "uniform" keeps the input of every n-th layer, "block" computes n layers again and keeps all of
// the others.
void settleRecomputeLayers(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::RecomputeLayers);
    if (KeyVerdict* const method = draft.keyOf(Role::RecomputeMethod))
        hold(*method, "every layer is computed again, or none");
    if (key == nullptr) return;
    if (draft.config().memory.recompute == Recompute::None)
        return hold(*key, "nothing is computed again");
    const std::string* const method = draft.textOf(Role::RecomputeMethod);
    if (method != nullptr && toLower(*method) == "block")
        return drop(*key, "every layer is computed again: less memory, more time");
    draft.setField(draft.placeOf(Role::RecomputeLayers));
    if (key->verdict != Verdict::Dangerous)
        key->reason = "layers of which the first one's input is kept";
}

void settleRecompute(Draft& draft) {
    for (const auto& [role, wanted] :
         {std::pair{Role::Recompute, true}, {Role::NoRecompute, false}}) {
        KeyVerdict* const key = draft.keyOf(role);
        if (key == nullptr) continue;
        const std::string word = toLower(draft.valueOf(*key));
        const std::optional<bool> found = word == "full" ? true : parseSwitch(word);
        if (!found) {
            settleRecomputeWord(draft, *key, word);
            continue;
        }
        if (*found != wanted) {
            hold(*key, "all activations are kept, which is Ringscope's default");
            continue;
        }
        draft.config().memory.recompute = Recompute::Layers;
        key->reason = "each layer's input is kept, and the layer runs again in the backward pass";
        draft.setOrigin("memory.recompute", *key);
    }
    settleRecomputeLayers(draft);
    if (KeyVerdict* const key = draft.keyOf(Role::RecomputeSelective))
        hold(*key, "scores of attention are never kept, and nothing else is computed again");
}

// The level that FSDP's names mean; nothing for another word.
std::optional<std::int64_t> levelOfStrategy(const std::string& text) {
    const std::string word = toLower(text);
    const auto has = [&](std::string_view part) { return word.find(part) != std::string::npos; };
    if (has("no_shard") || word == "3") return 0;
    if (has("zero2") || has("shard_grad_op") || word == "optim_grads" || word == "2" || word == "5")
        return 2;
    if (word == "optim") return 1;
    // Without a strategy's name FSDP divides all it can.
    if (has("full_shard") || has("hybrid_shard") || has("fsdp") || has("auto_wrap") ||
        word == "optim_grads_params" || word == "1" || word == "4")
        return 3;
    return std::nullopt;
}

void setZero(Draft& draft, KeyVerdict& key, std::int64_t level) {
    draft.config().memory.zero = level;
    key.newPath = "memory.zero";
    key.reason = zeroLevels;
    draft.setOrigin("memory.zero", key);
}

void settleZeroStage(Draft& draft, KeyVerdict& key) {
    if (const std::optional<bool> on = parseSwitch(draft.valueOf(key));
        on && key.path.ends_with("optimizer"))
        return setZero(draft, key, *on ? 1 : 0);
    draft.setField(static_cast<std::size_t>(&key - draft.keys.data()));
    if (key.verdict == Verdict::Converted) key.verdict = Verdict::Renamed;
}

// Every rank holds parameters of 4 bits whole.
void boundByQlora(Draft& draft) {
    std::int64_t& zero = draft.config().memory.zero;
    if (draft.config().adapter.kind != AdapterKind::Qlora || zero < 3) return;
    zero = 2;
    draft.notes.emplace_back(
        "with adapter.kind qlora every rank holds the weights in 4 bits: memory.zero is 2");
    for (const Role role : {Role::ZeroStage, Role::FsdpStrategy, Role::FsdpReshard})
        if (KeyVerdict* key = draft.keyOf(role); key != nullptr && key->newPath == "memory.zero")
            key->reason += "; 2, as every rank holds weights of 4 bits whole";
}

void settleZero(Draft& draft) {
    KeyVerdict* const stage = draft.keyOf(Role::ZeroStage);
    KeyVerdict* const strategy = draft.keyOf(Role::FsdpStrategy);
    KeyVerdict* const reshard = draft.keyOf(Role::FsdpReshard);
    if (stage != nullptr) settleZeroStage(draft, *stage);
    if (strategy != nullptr) {
        const bool version = strategy->path.ends_with("version");
        const std::string word = toLower(draft.valueOf(*strategy));
        const std::optional<std::int64_t> level = version ? 3 : levelOfStrategy(word);
        if (word == "deepspeed" || word == "ddp" || word == "none")
            hold(*strategy, "memory.zero says what ranks divide");
        else if (!level)
            endanger(*strategy, "no known way to divide; memory.zero is " +
                                    std::to_string(draft.config().memory.zero) + " instead");
        else
            setZero(draft, *strategy, *level);
    }
    if (reshard != nullptr) {
        const std::string word = toLower(draft.valueOf(*reshard));
        const std::optional<bool> on = parseSwitch(word);
        if (on || word == "always" || word == "default" || word == "never")
            setZero(draft, *reshard, on.value_or(word != "never") ? 3 : 2);
        else
            endanger(*reshard, "expected true or false; got '" + reshard->old + "'");
    }
    const bool fsdp = std::ranges::any_of(draft.keys, [](const KeyVerdict& key) {
        return key.path.starts_with("fsdp_config.") ||
               (key.path == "distributed_type" && key.old == "FSDP");
    });
    const std::string_view kind = draft.source().kind;
    const bool divides = fsdp || kind == torchtitanKind || kind == verlKind;
    if (divides && !draft.hasOrigin("memory.zero")) draft.config().memory.zero = 3;
    boundByQlora(draft);
}

// A switch, or the device where something waits.
bool isOffloaded(Draft& draft, Role role) {
    KeyVerdict* const key = draft.keyOf(role);
    if (key == nullptr) return false;
    const std::string word = toLower(draft.valueOf(*key));
    const std::optional<bool> on = parseSwitch(word);
    if (word == "none" || on == std::optional(false)) {
        hold(*key, "off, so nothing is lost");
        return false;
    }
    if (on || word == "cpu" || word == "nvme" || word == "{}") return true;
    endanger(*key, "expected cpu, nvme or none; got '" + key->old + "'");
    return false;
}

void setOffload(Draft& draft, KeyVerdict& key, OffloadPlace& place, std::string_view path,
                const std::string& what) {
    place = OffloadPlace::Disk;
    key.newPath = path;
    key.reason = what + " " + std::string(onDisk);
    draft.setOrigin(path, key);
}

// "full_shard auto_wrap offload": parameters wait in the host's memory, with the optimizer's state.
void settleOffloadOfStrategy(Draft& draft) {
    KeyVerdict* const strategy = draft.keyOf(Role::FsdpStrategy);
    if (strategy == nullptr || strategy->newPath != "memory.zero") return;
    if (toLower(draft.valueOf(*strategy)).find("offload") == std::string::npos) return;
    MemoryConfig& memory = draft.config().memory;
    memory.offloadOptimizer = OffloadPlace::Disk;
    if (memory.zero == 3) memory.offloadParameters = OffloadPlace::Disk;
    strategy->reason +=
        "; offload: the optimizer's state, and parameters with zero 3, " + std::string(onDisk);
    draft.setOrigin("memory.offload_optimizer", *strategy);
}

void settleStateOffload(Draft& draft) {
    MemoryConfig& memory = draft.config().memory;
    const bool both = isOffloaded(draft, Role::OffloadBoth);
    if (isOffloaded(draft, Role::OffloadOptimizer))
        setOffload(draft, *draft.keyOf(Role::OffloadOptimizer), memory.offloadOptimizer,
                   "memory.offload_optimizer", "the optimizer's state");
    if (both)
        setOffload(draft, *draft.keyOf(Role::OffloadBoth), memory.offloadOptimizer,
                   "memory.offload_optimizer",
                   "the optimizer's state, and parameters with zero 3,");
    KeyVerdict* const parameters = draft.keyOf(Role::OffloadParameters);
    const bool wanted = isOffloaded(draft, Role::OffloadParameters);
    if (wanted && memory.zero != 3)
        endanger(*parameters, "only with zero 3, in the old stack, too; memory.zero is " +
                                  std::to_string(memory.zero));
    else if (wanted)
        setOffload(draft, *parameters, memory.offloadParameters, "memory.offload_parameters",
                   "a rank's part of the parameters");
    if (both && memory.zero == 3) memory.offloadParameters = OffloadPlace::Disk;
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
    KeyVerdict* const found = draft.keyOf(Role::OffloadActivations);
    const std::string word = found == nullptr ? "" : toLower(draft.valueOf(*found));
    const bool named = word == "disk" || word == "legacy" || word == "cpu";  // how axolotl says it
    if (!named && !isOn(draft, Role::OffloadActivations)) return;
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
    settleZero(draft);
    settleOffloadOfStrategy(draft);
    settleStateOffload(draft);
}

}  // namespace ringscope
