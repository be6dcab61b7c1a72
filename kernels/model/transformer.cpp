#include "kernels/model/transformer.h"

#include "profiler/trace_place.h"

#include <string>

namespace ringscope {

Transformer::Transformer(const ModelConfig& model, const Parameters& parameters)
    : model_(model),
      embedding_(parameters.weight("embedding.weight")),
      finalGain_(parameters.weight("norm.gain")),
      head_(parameters.weight(model.tiedHead ? "embedding.weight" : "head.weight")) {
    for (std::int64_t index = 0; index < model.layers; ++index) {
        const auto weight = [&](const char* name) {
            return parameters.weight("layers." + std::to_string(index) + "." + name);
        };
        layers_.push_back({.attentionGain = weight("attention.norm.gain"),
                           .qkv = weight("attention.qkv.weight"),
                           .output = weight("attention.output.weight"),
                           .feedForwardGain = weight("ffn.norm.gain"),
                           .gateUp = weight("ffn.gate_up.weight"),
                           .down = weight("ffn.down.weight")});
    }
}

at::Tensor Transformer::loss(const TokenTensors& shard, const Attend& attend, double scale) const {
    const PlaceScope place;
    at::Tensor x = embed(shard.tokens, embedding_);
    for (int index = 0; index < static_cast<int>(layers_.size()); ++index) {
        tracePlace().layer = index;
        x = layer(index, x, shard.rotary, attend);
    }
    return headLoss(x, finalGain_, head_, model_.normEps, shard.labels, scale);
}

at::Tensor Transformer::layer(int index, const at::Tensor& x, const RotaryTable& rotary,
                              const Attend& attend) const {
    const Layer& weights = layers_[static_cast<std::size_t>(index)];
    const HeadShape shape{model_.heads, model_.kvHeads, model_.headDim()};
    const Heads heads =
        projectHeads(x, weights.attentionGain, weights.qkv, model_.normEps, rotary, shape);
    const at::Tensor attended = attend(index, heads.q, heads.k, heads.v).flatten(2);
    const at::Tensor between = addProjection(x, attended, weights.output);
    return addFeedForward(between, weights.feedForwardGain, weights.gateUp, weights.down,
                          model_.normEps);
}

}  // namespace ringscope
