#include "kernels/model/transformer.h"

#include "backend/model/parameter_share.h"
#include "kernels/model/chunks.h"
#include "kernels/model/recompute.h"
#include "kernels/model/spread_experts.h"
#include "profiler/trace_place.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

// What is computed and allocated on the way back from here on is of layer `index`; x itself.
struct OfLayer : torch::autograd::Function<OfLayer> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                              int index) {
        context->saved_data["layer"] = index;
        return x;
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& dOut) {
        tracePlace().layer = static_cast<std::int32_t>(context->saved_data["layer"].toInt());
        return {dOut[0], {}};
    }
};

// `weight`: the name of its own; `bias`: of what is added, if anything.
Projection projectionOf(const Parameters& parameters, const Adapters& adapters,
                        const std::string& weight, const std::string& bias) {
    Projection projection{.weight = parameters.weightIfAny(weight),
                          .bias = parameters.weightIfAny(bias)};
    if (const auto found = adapters.packed.find(weight); found != adapters.packed.end())
        projection.packed = found->second;
    if (const auto found = adapters.beside.find(weight); found != adapters.beside.end())
        projection.beside = found->second;
    return projection;
}

// As the pass drops what goes into adapters.
Projection dropping(Projection projection, const TokenTensors& shard) {
    if (!projection.beside.empty()) projection.dropout = shard.dropout;
    return projection;
}

HeadParts dropping(HeadParts parts, const TokenTensors& shard) {
    parts.qkv = dropping(std::move(parts.qkv), shard);
    return parts;
}

// Latents become keys wherever they travel, and nothing is dropped there.
LatentParts dropping(LatentParts parts, const TokenTensors& shard) {
    for (Projection* projection : {&parts.queryDown, &parts.queryUp, &parts.latent})
        *projection = dropping(std::move(*projection), shard);
    return parts;
}

FeedForward dropping(FeedForward parts, const TokenTensors& shard) {
    parts.in = dropping(std::move(parts.in), shard);
    parts.down = dropping(std::move(parts.down), shard);
    return parts;
}

// Rows that came from other ranks have no tokens here, and nothing is dropped of them.
Experts dropping(Experts experts, const TokenTensors& shard, bool spread) {
    if (spread) return experts;
    experts.gateUp = dropping(std::move(experts.gateUp), shard);
    experts.down = dropping(std::move(experts.down), shard);
    return experts;
}

// Adds what one router did to what the others did.
void addUse(RouterUse& use, const Routing& routing, const at::Tensor& own) {
    const auto ofOwn = [&](const at::Tensor& rows) {
        return own.defined() ? rows.index_select(0, own) : rows;
    };
    use.perExpert.push_back(
        at::bincount(ofOwn(routing.experts).flatten(), {}, routing.scores.size(1)));
    if (use.scored) use.addScores(ofOwn(routing.scores).sum(0));
}

}  // namespace

Norm Transformer::norm(const Parameters& parameters, const std::string& name) const {
    Norm norm{.gain = parameters.weightIfAny(name + ".gain"),
              .bias = parameters.weightIfAny(name + ".bias"),
              .kind = model_.norm,
              .gainFromOne = model_.gainFromOne,
              .eps = model_.normEps};
    if (!norm.bias.defined()) norm.kind = NormKind::Rms;
    return norm;
}

Transformer::Layer Transformer::layerOf(const Parameters& parameters, const Adapters& adapters,
                                        const std::string& prefix, bool experts) const {
    const auto normOf = [&](const char* name) { return norm(parameters, prefix + name); };
    const auto project = [&](const char* name) {
        const std::string stem = prefix + name;
        return projectionOf(parameters, adapters, stem + ".weight", stem + ".bias");
    };
    const auto weight = [&](const char* name) { return parameters.weightIfAny(prefix + name); };
    const bool gated = rowOf(model_.ffn).gated;
    Layer layer{.heads = {.norm = normOf("attention.norm"),
                          .qkv = project("attention.qkv"),
                          .queryNorm = normOf("attention.query_norm"),
                          .keyNorm = normOf("attention.key_norm")},
                .latent = {.norm = normOf("attention.norm"),
                           .queryDown = project("attention.query_down"),
                           .queryNorm = normOf("attention.query_norm"),
                           .queryUp = project("attention.query_up"),
                           .latent = project("attention.latent"),
                           .latentNorm = normOf("attention.latent_norm"),
                           .latentUp = project("attention.latent_up")},
                .gate = project("attention.gate"),
                .output = project("attention.output"),
                .afterAttention = normOf("attention.after_norm"),
                .feedForward = {.kind = model_.ffn,
                                .before = normOf("ffn.norm"),
                                .in = project(gated ? "ffn.gate_up" : "ffn.up"),
                                .down = project("ffn.down"),
                                .after = normOf("ffn.after_norm"),
                                .tile = memory_.tileMlp.value_or(0)},
                .router = {},
                .routerBias = {},
                .experts = {},
                .sharedGate = {}};
    layer.latent.latentNorm.eps = model_.latent.normEps;
    if (layer.latent.queryDown.defined()) layer.latent.queryNorm.eps = model_.latent.normEps;
    if (!layer.latent.queryDown.defined()) layer.latent.queryUp = project("attention.query");
    if (!experts) return layer;
    const auto stacked = [&](const char* name) {
        const std::string stem = prefix + name;
        return projectionOf(parameters, adapters, stem, stem + ".bias");
    };
    layer.feedForward.in = project(gated ? "ffn.shared.gate_up" : "ffn.shared.up");
    layer.feedForward.down = project("ffn.shared.down");
    layer.router = {.weight = weight("ffn.router.weight"),
                    .bias = weight("ffn.router.logits.bias")};
    layer.routerBias = weight("ffn.router.bias");
    layer.experts = {.kind = model_.ffn,
                     .norm = layer.feedForward.before,
                     .gateUp = stacked("ffn.experts.gate_up"),
                     .down = stacked("ffn.experts.down"),
                     .tile = memory_.tileMlp.value_or(0)};
    layer.sharedGate = weight("ffn.shared.gate.weight");
    return layer;
}

Transformer::Transformer(const ModelConfig& model, const std::vector<LayerKind>& kinds,
                         const Parameters& parameters, Group* sharing, const MemoryConfig& memory,
                         const LossRule& rule, const Adapters& adapters)
    : model_(model),
      kinds_(kinds),
      sharing_(sharing),
      memory_(memory),
      embedding_(parameters.weight("embedding.weight")),
      positions_(parameters.weightIfAny("positions.weight")),
      head_{.norm = norm(parameters, "norm"),
            .weight = parameters.weight(model.tiedHead ? "embedding.weight" : "head.weight"),
            .softcap = model.logitSoftcap,
            .tile = memory.tileLoss.value_or(0),
            .rule = rule} {
    for (std::size_t index = 0; index < kinds_.size(); ++index)
        layers_.push_back(layerOf(parameters, adapters, "layers." + std::to_string(index) + ".",
                                  kinds_[index].experts));
}

std::vector<int> Transformer::headUnits() const {
    std::vector<int> units{headUnit(std::ssize(layers_))};
    if (model_.tiedHead) units.push_back(embeddingUnit);
    return units;
}

// The head computes its gradients in the forward pass, and they are complete then.
at::Tensor Transformer::loss(const TokenTensors& shard, const Attend& attend, double scale,
                             RouterUse& routers, const Elsewhere& elsewhere) const {
    const PlaceScope place;
    const at::Tensor x = hidden(shard, attend, routers, elsewhere);
    tracePlace().layer = -1;
    UnitKeeper* const keeper = elsewhere.keeper;
    if (keeper == nullptr) return headLoss(x, head_, shard.labels, scale);
    const std::vector<int> units = headUnits();
    for (const int unit : units) {
        keeper->useValues(unit, SpanPass::Forward);
        keeper->openGradients(unit);
    }
    const at::Tensor loss = headLoss(x, head_, shard.labels, scale);
    for (const int unit : units) keeper->dropValues(unit);
    keeper->closeGradients(units.front());
    return loss;
}

double Transformer::likelihoods(const TokenTensors& shard, const Attend& attend, RouterUse& routers,
                                const Elsewhere& elsewhere, at::Tensor* likeliest) const {
    const PlaceScope place;
    const at::Tensor x = hidden(shard, attend, routers, {elsewhere.keeper, nullptr});
    tracePlace().layer = -1;
    UnitKeeper* const keeper = elsewhere.keeper;
    std::vector<int> units;
    if (keeper != nullptr) units = headUnits();
    // SpanPass::None: nothing comes next that should be fetched.
    for (const int unit : units) keeper->useValues(unit, SpanPass::None);
    const double sum = headLikelihoods(x, head_, shard.labels, likeliest);
    for (const int unit : units) keeper->dropValues(unit);
    return sum;
}

at::Tensor Transformer::hidden(const TokenTensors& shard, const Attend& attend, RouterUse& routers,
                               const Elsewhere& elsewhere) const {
    UnitKeeper* const keeper = elsewhere.keeper;
    if (keeper != nullptr) keeper->useValues(embeddingUnit, SpanPass::Forward);
    at::Tensor x = OfLayer::apply(embedded(shard), -1);
    if (keeper != nullptr) keeper->dropValues(embeddingUnit);
    x = beginsBackward(keeper, embeddingUnit, x, /*values=*/false);
    const Pass pass{shard, attend, keeper};
    const int all = static_cast<int>(layers_.size());
    if (memory_.recompute != Recompute::Layers) return layers(0, all, x, pass, routers);
    const int together = static_cast<int>(std::min<std::int64_t>(memory_.recomputeEvery, all));
    for (int begin = 0; begin < all; begin += together) {
        const int end = std::min(begin + together, all);
        const auto part = [this, begin, end, pass](const at::Tensor& in, const at::Tensor& /*none*/,
                                                   RouterUse& use) {
            return layers(begin, end, in, pass, use);
        };
        x = recomputed(x, {}, routers, part, elsewhere.store);
    }
    return x;
}

at::Tensor Transformer::layers(int begin, int end, at::Tensor x, const Pass& pass,
                               RouterUse& routers) const {
    const bool again = tracePlace().again;
    for (int index = begin; index < end; ++index) {
        const int unit = layerUnit(index);
        tracePlace().layer = index;
        x = endsBackward(pass.keeper, unit, x);
        if (pass.keeper != nullptr)
            pass.keeper->useValues(unit, again ? SpanPass::Recompute : SpanPass::Forward);
        x = layer(index, x, pass, routers);
        // The backward pass of the last layer that runs again comes next.
        if (pass.keeper != nullptr && !(again && index + 1 == end)) pass.keeper->dropValues(unit);
        x = OfLayer::apply(beginsBackward(pass.keeper, unit, x), index);
    }
    return x;
}

at::Tensor Transformer::logits(const at::Tensor& rows) const { return headLogits(rows, head_); }

at::Tensor Transformer::embedded(const TokenTensors& shard) const {
    const at::Tensor x = embed(shard.tokens, embedding_, model_.embeddingScale);
    if (!positions_.defined()) return x;
    return x + embed(shard.positions.expand_as(shard.tokens).contiguous(), positions_);
}

// The output of attention, all heads side by side: (B, n, heads * columns of a value).
at::Tensor Transformer::attended(int index, const at::Tensor& x, const Pass& pass) const {
    const RotaryTable& rotary = pass.shard.rotary;
    const Layer& parts = layers_[static_cast<std::size_t>(index)];
    if (model_.attention == AttentionKind::Mla) {
        const LatentHeads heads = projectLatentHeads(x, dropping(parts.latent, pass.shard), rotary,
                                                     model_.heads, model_.latent);
        const auto expand = [latent = parts.latent, sizes = model_.latent](
                                const at::Tensor& rows, std::int64_t begin, std::int64_t end) {
            return expandLatents(rows, latent, sizes, begin, end);
        };
        return pass.attend(index, heads.q, {.latent = heads.latent, .expand = expand})
            .narrow(3, 0, model_.valueDim())
            .flatten(2);
    }
    const HeadShape shape{model_.heads, model_.kvHeads, model_.headDim()};
    const Heads heads = projectHeads(x, dropping(parts.heads, pass.shard), rotary, shape);
    if (!parts.gate.defined()) return pass.attend(index, heads.q, {heads.k, heads.v}).flatten(2);
    const at::Tensor gates =
        at::sigmoid(project(x, parts.heads.norm, parts.gate)).unflatten(2, {model_.heads, -1});
    return pass.attend(index, heads.q, {.k = heads.k, .v = heads.v, .gates = gates}).flatten(2);
}

// residual + the feed-forward of x, by experts.
at::Tensor Transformer::mixed(int index, const at::Tensor& x, const at::Tensor& residual,
                              const TokenTensors& shard, RouterUse& routers) const {
    const Layer& layer = layers_[static_cast<std::size_t>(index)];
    const at::Tensor logits = project(x, layer.experts.norm, layer.router).flatten(0, 1);
    const Routing routing =
        route(logits, model_.experts,
              layer.routerBias.defined() ? layer.routerBias.value.detach() : at::Tensor());
    addUse(routers, routing, shard.own);
    const bool spread = sharing_ != nullptr;
    const Experts experts = dropping(layer.experts, shard, spread);
    const at::Tensor sum = spread
                               ? addSpreadExperts(x, experts, routing, residual, *sharing_, index)
                               : addExperts(x, experts, routing, residual);
    if (!layer.feedForward.down.defined()) return sum;
    const FeedForward parts = dropping(layer.feedForward, shard);
    if (!layer.sharedGate.defined()) return addFeedForward(x, parts, sum);
    const at::Tensor shared = addFeedForward(x, parts, at::zeros_like(x));
    const at::Tensor gate =
        at::sigmoid(project(x, layer.experts.norm, {.weight = layer.sharedGate}));
    return sum + gate * shared;
}

at::Tensor Transformer::afterAttention(int index, const at::Tensor& x, const at::Tensor& attended,
                                       const Pass& pass, RouterUse& routers) const {
    const auto at = static_cast<std::size_t>(index);
    const Layer& parts = layers_[at];
    const at::Tensor between =
        addProjection(x, attended, dropping(parts.output, pass.shard), parts.afterAttention);
    // What the feed-forward reads, and what its output is added to.
    const at::Tensor& read = model_.parallelResidual ? x : between;
    if (kinds_[at].experts) return mixed(index, read, between, pass.shard, routers);
    const FeedForward feedForward = dropping(parts.feedForward, pass.shard);
    if (model_.parallelResidual) return addFeedForward(x, feedForward, between);
    return addFeedForward(between, feedForward);
}

at::Tensor Transformer::layer(int index, const at::Tensor& x, const Pass& pass,
                              RouterUse& routers) const {
    const at::Tensor attention = attended(index, x, pass);
    if (memory_.recompute != Recompute::AttentionKept)
        return afterAttention(index, x, attention, pass, routers);
    return recomputed(
        x, attention, routers,
        [this, index, pass](const at::Tensor& in, const at::Tensor& kept, RouterUse& use) {
            tracePlace().layer = index;
            return afterAttention(index, in, kept, pass, use);
        });
}

}  // namespace ringscope
