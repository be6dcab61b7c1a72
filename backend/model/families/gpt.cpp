#include "backend/model/families/families.h"
#include "backend/model/families/parts.h"
#include "backend/model/rope_keys.h"

namespace ringscope {

void readGptNeox(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    model.vocabSize = keys.size("vocab_size", {}, {1, 1 << 28});
    model.hiddenSize = keys.size("hidden_size", {}, {1, 1 << 20});
    model.layers = keys.size("num_hidden_layers", {}, {1, 4096});
    model.heads = keys.size("num_attention_heads", {}, {1, 1 << 14});
    model.ffnSize = keys.size("intermediate_size", {}, {1, 1 << 24});
    model.normEps = keys.number("layer_norm_eps", 1e-5);
    model.tiedHead = keys.flag("tie_word_embeddings", false);
    model.kvHeads = model.heads;
    if (model.hiddenSize % model.heads != 0)
        keys.refuse("hidden_size", "is no multiple of num_attention_heads");
    model.norm = NormKind::Layer;
    model.parallelResidual = keys.flag("use_parallel_residual", true);
    model.qkvBias = keys.flag("attention_bias", true);
    model.outputBias = model.qkvBias;
    model.ffnBias = true;
    readPlainActivation(keys, "hidden_act", "gelu", model);
    readRope(keys, {.thetaKey = "rotary_emb_base", .fraction = 0.25, .fractionKey = "rotary_pct"},
             model);
}

void readGpt2(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    model.vocabSize = keys.size("vocab_size", {}, {1, 1 << 28});
    model.hiddenSize = keys.size("n_embd", {}, {1, 1 << 20});
    model.layers = keys.size("n_layer", {}, {1, 4096});
    model.heads = keys.size("n_head", {}, {1, 1 << 14});
    model.ffnSize = keys.size("n_inner", 4 * model.hiddenSize, {1, 1 << 24});
    model.normEps = keys.number("layer_norm_epsilon", 1e-5);
    model.tiedHead = keys.flag("tie_word_embeddings", true);
    model.kvHeads = model.heads;
    if (model.hiddenSize % model.heads != 0) keys.refuse("n_embd", "is no multiple of n_head");
    model.norm = NormKind::Layer;
    model.qkvBias = model.outputBias = model.ffnBias = true;
    model.position = PositionKind::Learned;
    model.positions = keys.size("n_positions", {}, {1, 1 << 28});
    readPlainActivation(keys, "activation_function", "gelu_new", model);
    if (!keys.flag("scale_attn_weights", true)) description.attention.scale = 1;
    keys.requireFlag("scale_attn_by_inverse_layer_idx", false);
}

}  // namespace ringscope
