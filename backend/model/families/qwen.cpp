#include "backend/model/families/experts.h"
#include "backend/model/families/families.h"
#include "backend/model/families/parts.h"
#include "backend/model/rope_keys.h"

namespace ringscope {
namespace {

void readQwenParts(ConfigKeys& keys, ModelConfig& model) {
    readUsualSizes(keys, {}, model);
    readHeads(keys, model);
    readGatedActivation(keys, model);
    readRope(keys, {}, model);
}

// Windows from layer max_window_layers on.
void readQwenWindows(ConfigKeys& keys, std::vector<LayerKind>& kinds,
                     ModelDescription& description) {
    const bool used = keys.flag("use_sliding_window", false);
    const std::int64_t first = keys.size("max_window_layers", 28, {0, 1 << 20});
    readWindows(
        keys, used, [first](std::int64_t layer) { return layer >= first; }, kinds, description);
}

// transformers 5 writes num_local_experts.
void readQwenExperts(ConfigKeys& keys, ModelConfig& model) {
    const bool local = keys.has("num_local_experts");
    readExperts(keys,
                {.countKey = local ? "num_local_experts" : "num_experts",
                 .sizeKey = "moe_intermediate_size"},
                model);
    model.experts.normalized = keys.flag("norm_topk_prob", false);
}

}  // namespace

void readQwen2(ConfigKeys& keys, ModelDescription& description) {
    readQwenParts(keys, description.model);
    description.model.qkvBias = true;
    std::vector<LayerKind> kinds = plainKinds(description.model);
    readQwenWindows(keys, kinds, description);
    setKinds(kinds, description);
}

void readQwen3(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    if (!keys.has("head_dim")) keys.refuse("head_dim", "is missing; it is 128 in most models");
    readQwenParts(keys, model);
    model.qkNorm = QkNorm::Head;
    model.qkvBias = keys.flag("attention_bias", false);
    model.outputBias = model.qkvBias;
    std::vector<LayerKind> kinds = plainKinds(model);
    readQwenWindows(keys, kinds, description);
    setKinds(kinds, description);
}

void readQwen2Moe(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    readQwenParts(keys, model);
    model.qkvBias = keys.flag("qkv_bias", true);
    readQwenExperts(keys, model);
    model.experts.sharedSize = keys.size("shared_expert_intermediate_size", {}, {1, 1 << 20});
    model.experts.sharedGate = true;
    std::vector<LayerKind> kinds = plainKinds(model);
    readSparseLayers(keys, kinds);
    const bool used = keys.flag("use_sliding_window", false);
    keys.sizeIfAny("max_window_layers", {0, 1 << 20});
    if (used && !keys.has("layer_types"))
        keys.refuse("use_sliding_window",
                    "does not tell which layers have a window, as versions of transformers differ "
                    "in that; write layer_types");
    readWindows(
        keys, used, [](std::int64_t /*layer*/) { return false; }, kinds, description);
    setKinds(kinds, description);
}

void readQwen3Moe(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    readQwenParts(keys, model);
    model.qkNorm = QkNorm::Head;
    model.qkvBias = keys.flag("attention_bias", false);
    model.outputBias = model.qkvBias;
    readQwenExperts(keys, model);
    std::vector<LayerKind> kinds = plainKinds(model);
    readSparseLayers(keys, kinds);
    keys.sizeIfAny("max_window_layers", {0, 1 << 20});
    readWindows(
        keys, keys.flag("use_sliding_window", false), [](std::int64_t /*layer*/) { return true; },
        kinds, description);
    setKinds(kinds, description);
}

void readMixtral(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    readUsualSizes(keys, {.normEps = 1e-5}, model);
    readHeads(keys, model);
    readGatedActivation(keys, model);
    readRope(keys, {.theta = 1e6}, model);
    readExperts(keys, {.countKey = "num_local_experts", .sizeKey = "intermediate_size"}, model);
    model.experts.normalized = true;
    if (keys.numberOrZero("router_jitter_noise") > 0)
        keys.refuse("router_jitter_noise", "is noise of the routing, which cannot be computed");
    std::vector<LayerKind> kinds = plainKinds(model);
    readWindows(
        keys, keys.has("sliding_window"), [](std::int64_t /*layer*/) { return true; }, kinds,
        description);
    setKinds(kinds, description);
}

}  // namespace ringscope
