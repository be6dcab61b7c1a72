// A decoder-only transformer: embedding, layers of attention and feed-forward, final norm, head.
// The caller passes attention in, so the model is the same in every mode; everything else works on
// each token by itself.
#pragma once

#include "backend/config/run_config.h"
#include "backend/model/layer_kinds.h"
#include "backend/model/model_config.h"
#include "kernels/comm/group.h"
#include "kernels/model/activation_store.h"
#include "kernels/model/experts.h"
#include "kernels/model/functions.h"
#include "kernels/model/latent_attention.h"
#include "kernels/model/parameters.h"
#include "kernels/model/router_use.h"
#include "kernels/model/unit_keeper.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ringscope {

// What stands beside the model's own weights, or instead of them.
struct Adapters {
    std::map<std::string, std::vector<LowRank>> beside{};  // by the weight's name
    std::map<std::string, std::shared_ptr<const FourBitMatrix>> packed{};
};

// The tokens a rank holds.
struct TokenTensors {
    at::Tensor tokens;     // (B, n)
    at::Tensor labels;     // (B, n), ignoredLabel where there is none
    at::Tensor positions;  // (n), of the tokens in their documents
    RotaryTable rotary;    // of those
    // Which of the B * n tokens no other rank holds too, (tokens), int64; not defined: all.
    at::Tensor own{};
    RowDropout dropout{};  // of what goes into adapters; of the B * n tokens
};

// Keys and values of all heads, (B, n, Hk, D), or as one latent a token that becomes them: (B, n,
// C). `expand` gives those of some heads from rows of latents, differentiable.
struct LayerKeys {
    at::Tensor k{};
    at::Tensor v{};
    at::Tensor latent{};
    std::function<std::pair<at::Tensor, at::Tensor>(const at::Tensor& rows, std::int64_t begin,
                                                    std::int64_t end)>
        expand{};
    at::Tensor gates{};  // (B, n, Hq, 3), of native sparse attention
};

// Attention of layer `layer`, counted from 0: q (B, n, Hq, D) -> (B, n, Hq, D), differentiable.
using Attend = std::function<at::Tensor(int layer, const at::Tensor& q, const LayerKeys& keys)>;

// Where what a pass needs is while it does not need it; nothing: in memory.
struct Elsewhere {
    UnitKeeper* keeper = nullptr;      // of parameters
    ActivationStore* store = nullptr;  // of the inputs of layers that run again
};

class Transformer {
public:
    // The parameters must outlive the model. `kinds` has one for each layer.
    // Where ranks share experts, they are those of `sharing`, and the parameters hold this rank's.
    Transformer(const ModelConfig& model, const std::vector<LayerKind>& kinds,
                const Parameters& parameters, Group* sharing = nullptr,
                const MemoryConfig& memory = {}, const LossRule& rule = {},
                const Adapters& adapters = {});

    // scale * the summed losses of the labels by the rule, a double. Its backward pass adds
    // to the parameters' gradients; the head's are added already when this returns. A trace shows
    // what a layer does under its number. The model, what `attend` needs and what `elsewhere` names
    // must outlive that pass.
    at::Tensor loss(const TokenTensors& shard, const Attend& attend, double scale,
                    RouterUse& routers, const Elsewhere& elsewhere = {}) const;

    // The summed negative log-likelihoods of the labels, without a graph and gradients: callers
    // must have switched them off. `likeliest` as headLikelihoods() has it.
    double likelihoods(const TokenTensors& shard, const Attend& attend, RouterUse& routers,
                       const Elsewhere& elsewhere = {}, at::Tensor* likeliest = nullptr) const;

    // What the last layer gives, (B, n, hidden); and the logits of rows of it, (R, vocabulary).
    at::Tensor hidden(const TokenTensors& shard, const Attend& attend, RouterUse& routers,
                      const Elsewhere& elsewhere = {}) const;
    at::Tensor logits(const at::Tensor& rows) const;

private:
    struct Layer {
        HeadParts heads;
        LatentParts latent;
        Projection gate;  // of native sparse attention
        Projection output;
        Norm afterAttention;
        FeedForward feedForward;  // with experts: of what every token uses, where there is any
        Projection router;
        Weight routerBias;  // for the choice alone
        Experts experts;
        Weight sharedGate;
    };
    // What the layers of a pass take besides x.
    struct Pass {
        TokenTensors shard;
        Attend attend;
        UnitKeeper* keeper;
    };
    Norm norm(const Parameters& parameters, const std::string& name) const;
    Layer layerOf(const Parameters& parameters, const Adapters& adapters, const std::string& prefix,
                  bool experts) const;
    std::vector<int> headUnits() const;  // whose values the head uses, its own first
    at::Tensor embedded(const TokenTensors& shard) const;
    at::Tensor attended(int index, const at::Tensor& x, const Pass& pass) const;
    at::Tensor mixed(int index, const at::Tensor& x, const at::Tensor& residual,
                     const TokenTensors& shard, RouterUse& routers) const;
    at::Tensor afterAttention(int index, const at::Tensor& x, const at::Tensor& attended,
                              const Pass& pass, RouterUse& routers) const;
    at::Tensor layer(int index, const at::Tensor& x, const Pass& pass, RouterUse& routers) const;
    at::Tensor layers(int begin, int end, at::Tensor x, const Pass& pass, RouterUse& routers) const;

    ModelConfig model_;
    std::vector<LayerKind> kinds_;
    Group* sharing_;
    MemoryConfig memory_;
    Weight embedding_;
    Weight positions_;
    std::vector<Layer> layers_;
    Head head_;
};

}  // namespace ringscope
