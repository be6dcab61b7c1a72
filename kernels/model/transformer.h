// A decoder-only transformer: embedding, layers of attention and gated feed-forward with RMSNorm
// before each, final norm, head. The caller passes attention in, so the model is the same in every
// mode; everything else works on each token by itself.
#pragma once

#include "backend/config/run_config.h"
#include "kernels/model/elementwise.h"
#include "kernels/model/functions.h"
#include "kernels/model/parameters.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace ringscope {

// The tokens a rank holds.
struct TokenTensors {
    at::Tensor tokens;   // (B, n)
    at::Tensor labels;   // (B, n), ignoredLabel where there is none
    RotaryTable rotary;  // of the tokens' positions in the whole sequence
};

// Attention of layer `layer`, counted from 0: q (B, n, Hq, D), k and v (B, n, Hk, D) ->
// (B, n, Hq, D), differentiable.
using Attend = std::function<at::Tensor(int layer, const at::Tensor& q, const at::Tensor& k,
                                        const at::Tensor& v)>;

class Transformer {
public:
    // The parameters must outlive the model.
    Transformer(const ModelConfig& model, const Parameters& parameters);

    // scale * the summed negative log-likelihoods of the labels, a double. Its backward pass adds
    // to the parameters' gradients; the head's are added already when this returns. A trace shows
    // what a layer does under its number.
    at::Tensor loss(const TokenTensors& shard, const Attend& attend, double scale) const;

private:
    struct Layer {
        Weight attentionGain;
        Weight qkv;
        Weight output;
        Weight feedForwardGain;
        Weight gateUp;
        Weight down;
    };
    at::Tensor layer(int index, const at::Tensor& x, const RotaryTable& rotary,
                     const Attend& attend) const;

    ModelConfig model_;
    Weight embedding_;
    std::vector<Layer> layers_;
    Weight finalGain_;
    Weight head_;
};

}  // namespace ringscope
