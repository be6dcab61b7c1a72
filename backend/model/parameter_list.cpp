#include "backend/model/parameter_list.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace ringscope {
namespace {

constexpr double weightDeviation = 0.02;

// The parts of a model, in order, each adding its parameters.
class ListBuilder {
public:
    explicit ListBuilder(const ModelConfig& model)
        : model_(model),
          // Layers add up in the residual stream: their outputs start smaller the more there are.
          outputDeviation_(weightDeviation / std::sqrt(2.0 * static_cast<double>(model.layers))) {}

    void embeddings() {
        weight("embedding", {model_.vocabSize, model_.hiddenSize});
        if (model_.position == PositionKind::Learned)
            weight("positions", {model_.positions, model_.hiddenSize});
    }

    void layer(const std::string& prefix, const LayerKind& kind) {
        if (model_.normPlace != NormPlace::After) norm(prefix + "attention.norm");
        if (model_.attention == AttentionKind::Mla)
            latentAttention(prefix + "attention.");
        else
            groupedAttention(prefix + "attention.");
        if (model_.attention == AttentionKind::Nsa) sparseAttention(prefix + "attention.");
        if (model_.attentionSinks) vector(prefix + "attention.sinks", model_.heads, 0);
        if (model_.normPlace != NormPlace::Before) norm(prefix + "attention.after_norm");
        if (model_.normPlace != NormPlace::After) norm(prefix + "ffn.norm");
        if (kind.experts)
            experts(prefix + "ffn.");
        else
            feedForward(prefix + "ffn.", model_.ffnSize);
        if (model_.normPlace != NormPlace::Before) norm(prefix + "ffn.after_norm");
    }

    std::vector<ParameterSpec> ended() && {
        norm("norm");
        if (!model_.tiedHead) weight("head", {model_.vocabSize, model_.hiddenSize});
        return std::move(list_);
    }

private:
    void groupedAttention(const std::string& prefix) {
        const std::int64_t queries = model_.heads * model_.headDim();
        const std::int64_t keys = model_.kvHeads * model_.headDim();
        projection(prefix + "qkv", {queries + 2 * keys, model_.hiddenSize}, model_.qkvBias);
        if (model_.qkNorm != QkNorm::None) {
            const bool each = model_.qkNorm == QkNorm::Head;
            gain(prefix + "query_norm", each ? model_.headDim() : queries);
            gain(prefix + "key_norm", each ? model_.headDim() : keys);
        }
        output(prefix + "output", {model_.hiddenSize, queries}, model_.outputBias);
    }

    void latentAttention(const std::string& prefix) {
        const LatentConfig& latent = model_.latent;
        const std::int64_t queries = model_.heads * model_.headDim();
        if (latent.querySize > 0) {
            projection(prefix + "query_down", {latent.querySize, model_.hiddenSize},
                       model_.qkvBias);
            gain(prefix + "query_norm", latent.querySize);
            weight(prefix + "query_up", {queries, latent.querySize});
        } else {
            weight(prefix + "query", {queries, model_.hiddenSize});
        }
        projection(prefix + "latent", {latent.size + latent.rotarySize, model_.hiddenSize},
                   model_.qkvBias);
        gain(prefix + "latent_norm", latent.size);
        weight(prefix + "latent_up",
               {model_.heads * (latent.plainSize + latent.valueSize), latent.size});
        output(prefix + "output", {model_.hiddenSize, model_.heads * latent.valueSize},
               model_.outputBias);
    }

    // What native sparse attention has beside grouped heads.
    void sparseAttention(const std::string& prefix) {
        weight(prefix + "gate", {3 * model_.heads, model_.hiddenSize});
        const std::int64_t columns = model_.headDim();
        for (const std::string& part : {prefix + "compress_key", prefix + "compress_value"}) {
            vector(part + ".position", model_.nsa.block * columns, 0);
            scaled(part + ".up", {columns, model_.nsa.block * columns});
            scaled(part + ".down", {columns, columns});
        }
    }

    void feedForward(const std::string& prefix, std::int64_t inner) {
        const bool gated = rowOf(model_.ffn).gated;
        projection(prefix + (gated ? "gate_up" : "up"),
                   {gated ? 2 * inner : inner, model_.hiddenSize}, model_.ffnBias);
        output(prefix + "down", {model_.hiddenSize, inner}, model_.ffnBias);
    }

    void experts(const std::string& prefix) {
        const ExpertConfig& experts = model_.experts;
        weight(prefix + "router", {experts.count, model_.hiddenSize});
        if (experts.bias) {
            vector(prefix + "router.bias", experts.count, 0);
            list_.back().trained = false;  // it decides a choice, which has no slope
        }
        if (model_.ffnBias) vector(prefix + "router.logits.bias", experts.count, 0);
        add(prefix + "experts.gate_up", {experts.count, 2 * experts.size, model_.hiddenSize},
            weightDeviation);
        expertBias(prefix + "experts.gate_up", 2 * experts.size);
        add(prefix + "experts.down", {experts.count, model_.hiddenSize, experts.size},
            outputDeviation_);
        expertBias(prefix + "experts.down", model_.hiddenSize);
        if (experts.sharedSize == 0) return;
        feedForward(prefix + "shared.", experts.sharedSize);
        if (experts.sharedGate) weight(prefix + "shared.gate", {1, model_.hiddenSize});
    }

    void norm(const std::string& part) {
        gain(part, model_.hiddenSize);
        if (model_.norm == NormKind::Layer) vector(part + ".bias", model_.hiddenSize, 0);
    }
    void gain(const std::string& part, std::int64_t width) {
        vector(part + ".gain", width, model_.gainFromOne ? 0 : 1);
    }
    void weight(const std::string& part, std::vector<std::int64_t> shape) {
        add(part + ".weight", std::move(shape), weightDeviation);
    }
    // Its outputs are about as large as its inputs.
    void scaled(const std::string& part, std::vector<std::int64_t> shape) {
        const double deviation = 1 / std::sqrt(static_cast<double>(shape.back()));
        add(part + ".weight", std::move(shape), deviation);
    }
    void projection(const std::string& part, std::vector<std::int64_t> shape, bool bias) {
        const std::int64_t out = shape.front();
        weight(part, std::move(shape));
        if (bias) vector(part + ".bias", out, 0);
    }
    void output(const std::string& part, std::vector<std::int64_t> shape, bool bias) {
        const std::int64_t out = shape.front();
        add(part + ".weight", std::move(shape), outputDeviation_);
        if (bias) vector(part + ".bias", out, 0);
    }
    void expertBias(const std::string& part, std::int64_t out) {
        if (model_.ffnBias) add(part + ".bias", {model_.experts.count, out, 1}, 0, 0);
    }
    void vector(std::string name, std::int64_t width, double initial) {
        add(std::move(name), {width}, 0, initial);
    }
    void add(std::string name, std::vector<std::int64_t> shape, double deviation,
             double initial = 1) {
        ParameterSpec spec{.name = std::move(name),
                           .shape = std::move(shape),
                           .deviation = deviation,
                           .initial = initial,
                           .offset = end_};
        end_ += spec.elements();
        list_.push_back(std::move(spec));
    }

    const ModelConfig& model_;
    double outputDeviation_;
    std::vector<ParameterSpec> list_;
    std::int64_t end_ = 0;
};

// count(parameter), added up over the model. Layers with the same feed-forward have the same
// parameters, so one of each is listed.
template <typename Count>
std::int64_t sumOver(const ModelConfig& model, const std::vector<LayerKind>& kinds, Count count) {
    const auto sum = [&](const std::vector<LayerKind>& layers) {
        std::int64_t all = 0;
        for (const ParameterSpec& spec : parameterList(model, layers))
            all += std::invoke(count, spec);
        return all;
    };
    const std::int64_t outside = sum({});
    std::int64_t all = outside;
    for (const bool experts : {false, true}) {
        const auto layers = std::ranges::count(kinds, experts, &LayerKind::experts);
        if (layers > 0) all += layers * (sum({{.experts = experts}}) - outside);
    }
    return all;
}

}  // namespace

bool isOfEmbedding(const ParameterSpec& parameter) {
    return parameter.name == "embedding.weight" || parameter.name == "positions.weight";
}

bool isOfCompression(const ParameterSpec& parameter) {
    return parameter.name.find(".compress_") != parameter.name.npos;
}

bool isMatrix(const ParameterSpec& parameter) {
    return parameter.shape.size() > 1 && !parameter.name.ends_with(".bias");
}

std::int64_t ParameterSpec::elements() const {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) count *= size;
    return count;
}

std::vector<ParameterSpec> parameterList(const ModelConfig& model,
                                         const std::vector<LayerKind>& kinds) {
    ListBuilder builder(model);
    builder.embeddings();
    for (std::size_t layer = 0; layer < kinds.size(); ++layer)
        builder.layer("layers." + std::to_string(layer) + ".", kinds[layer]);
    return std::move(builder).ended();
}

std::int64_t parameterCount(const ModelConfig& model, const std::vector<LayerKind>& kinds) {
    return sumOver(model, kinds, &ParameterSpec::elements);
}

std::optional<std::int64_t> parameterCount(const ModelConfig& model) {
    const Result<std::vector<LayerKind>> kinds = layerKinds(model, {.window = 1});
    if (!kinds.ok()) return std::nullopt;
    return parameterCount(model, *kinds);
}

std::int64_t multipliedParameters(const ModelConfig& model, const std::vector<LayerKind>& kinds) {
    const auto multiplied = [&](const ParameterSpec& spec) -> std::int64_t {
        if (!isMatrix(spec) || isOfEmbedding(spec) || isOfCompression(spec)) return 0;
        const bool ofExperts = spec.shape.size() == 3;
        return ofExperts ? spec.elements() / spec.shape[0] * model.experts.perToken
                         : spec.elements();
    };
    const std::int64_t tied = model.tiedHead ? model.vocabSize * model.hiddenSize : 0;
    return sumOver(model, kinds, multiplied) + tied;
}

}  // namespace ringscope
