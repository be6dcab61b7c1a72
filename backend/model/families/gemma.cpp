#include "backend/model/families/families.h"
#include "backend/model/families/parts.h"
#include "backend/model/rope_keys.h"

#include <cmath>

namespace ringscope {
namespace {

void readGemmaParts(ConfigKeys& keys, ModelConfig& model) {
    readUsualSizes(keys, {.tiedHead = true}, model);
    if (!keys.has("head_dim")) keys.refuse("head_dim", "is missing; it is 256 in most models");
    readHeads(keys, model);
    model.gainFromOne = true;
    model.embeddingScale = std::sqrt(static_cast<double>(model.hiddenSize));
    model.qkvBias = keys.flag("attention_bias", false);
    model.outputBias = model.qkvBias;
    readRope(keys, {}, model);
}

// Files of the first Gemma say gelu and mean its tanh form; hidden_activation, where it stands,
// is meant.
void readGemmaActivation(ConfigKeys& keys, ModelConfig& model) {
    model.ffn = FeedForwardKind::Geglu;
    static constexpr std::string_view tanhForms[] = {"gelu_pytorch_tanh", "gelu", "gelu_new"};
    if (keys.has("hidden_activation")) {
        static constexpr std::string_view exactWords[] = {"gelu_pytorch_tanh", "gelu_new"};
        keys.requireWord("hidden_activation", exactWords);
        keys.word("hidden_act", "gelu_pytorch_tanh");
    } else {
        keys.requireWord("hidden_act", tanhForms);
    }
}

}  // namespace

void readGemma(ConfigKeys& keys, ModelDescription& description) {
    readGemmaParts(keys, description.model);
    readGemmaActivation(keys, description.model);
}

void readGemma2(ConfigKeys& keys, ModelDescription& description) {
    ModelConfig& model = description.model;
    readGemmaParts(keys, model);
    static constexpr std::string_view words[] = {"gelu_pytorch_tanh", "gelu_new"};
    keys.requireWord("hidden_activation", words);
    keys.word("hidden_act", "");  // written by older versions and read by none
    model.ffn = FeedForwardKind::Geglu;
    model.normPlace = NormPlace::Both;
    model.logitSoftcap = keys.numberIfAny("final_logit_softcapping");
    description.attention.softcap = keys.numberIfAny("attn_logit_softcapping");
    const double scalar = keys.number("query_pre_attn_scalar", 256);
    if (scalar != static_cast<double>(model.headDim()))
        description.attention.scale = 1 / std::sqrt(scalar);
    keys.sizeIfAny("sliding_window_size");  // an older name, which is not read either
    readWindowsInTurns(keys, description);
}

}  // namespace ringscope
