// Llama, and those that differ from it in one or two parts.
#include "backend/model/families/families.h"
#include "backend/model/families/parts.h"
#include "backend/model/rope_keys.h"

namespace ringscope {
namespace {

bool everyLayer(std::int64_t /*layer*/) { return true; }

void readLlamaParts(ConfigKeys& keys, const UsualSizes& usual, const RopeForm& rope,
                    ModelConfig& model) {
    readUsualSizes(keys, usual, model);
    readHeads(keys, model);
    readGatedActivation(keys, model);
    readRope(keys, rope, model);
}

}  // namespace

void readLlama(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    readLlamaParts(keys, {}, {}, model);
    model.qkvBias = keys.flag("attention_bias", false);
    model.outputBias = model.qkvBias;
    model.ffnBias = keys.flag("mlp_bias", false);
    keys.requireFlag("rope_interleaved", false);
}

void readMistral(ConfigKeys& keys, ModelDescription& description) {
    readLlamaParts(keys, {}, {}, description.model);
    std::vector<LayerKind> kinds = plainKinds(description.model);
    readWindows(keys, keys.has("sliding_window"), everyLayer, kinds, description);
    for (const LayerKind& kind : kinds)
        if (kind.window != kinds.front().window)
            keys.refuse("layer_types",
                        "has windows in some layers, which no model of this family computes");
    setKinds(kinds, description);
}

void readPhi3(ConfigKeys& keys, ModelDescription& description) {
    readLlamaParts(keys, {.normEps = 1e-5}, {.originalLength = 4096, .alwaysLong = true},
                   description.model);
    for (const std::string_view bias : {"attention_bias", "mlp_bias", "lm_head_bias"})
        keys.requireFlag(bias, false);
    for (const std::string_view key : {"full_attn_mod", "interpolate_factor"})
        if (keys.size(key, 1) != 1) keys.refuse(key, "is not 1, which cannot be computed");
    std::vector<LayerKind> kinds = plainKinds(description.model);
    readWindows(keys, keys.has("sliding_window"), everyLayer, kinds, description);
    setKinds(kinds, description);
}

void readOlmo2(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    readLlamaParts(keys, {.normEps = 1e-5}, {}, model);
    model.normPlace = NormPlace::After;
    model.qkNorm = QkNorm::All;
    model.qkvBias = keys.flag("attention_bias", false);
    model.outputBias = model.qkvBias;
}

}  // namespace ringscope
