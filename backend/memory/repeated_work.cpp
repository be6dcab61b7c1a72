#include "backend/memory/repeated_work.h"

#include "backend/model/parameter_list.h"
#include "backend/plan/adapter_plan.h"
#include "backend/plan/attention_work.h"
#include "backend/plan/native_sparse.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace ringscope {
namespace {

// Weights of the layers that a token is multiplied with, by what repeats them.
struct LayerWeights {
    double beforeAttention = 0;
    double output = 0;  // of attention
    double inner = 0;   // a dense feed-forward's first projection
    double rest = 0;    // of the feed-forwards, experts' as far as a token uses them
};

LayerWeights layerWeights(const RunPlan& plan) {
    LayerWeights weights;
    const ModelConfig& model = plan.config.model;
    std::vector<ParameterSpec> all = parameterList(model, plan.layers);
    std::ranges::move(adapterParameters(plan.adapterSites, plan.config.adapter.rank, 0),
                      std::back_inserter(all));
    for (const ParameterSpec& spec : all) {
        if (!spec.name.starts_with("layers.") || !isMatrix(spec)) continue;
        if (isOfCompression(spec)) continue;
        const auto has = [&](const char* part) {
            return spec.name.find(part) != std::string::npos;
        };
        const auto scalars = static_cast<double>(spec.elements());
        if (has(".attention.output"))
            weights.output += scalars;
        else if (has(".attention."))
            weights.beforeAttention += scalars;
        else if (has(".experts."))
            weights.rest += scalars * static_cast<double>(model.experts.perToken) /
                            static_cast<double>(model.experts.count);
        else if (has("gate_up") || has(".up."))
            weights.inner += scalars;
        else
            weights.rest += scalars;
    }
    return weights;
}

}  // namespace

double repeatedFlops(const RunPlan& plan) {
    const MemoryConfig& memory = plan.config.memory;
    const TrainConfig& train = plan.config.train;
    const LayerWeights weights = layerWeights(plan);
    const auto tokens = static_cast<double>(train.seqLen * train.batch);
    double flops = 0;
    if (memory.recompute != Recompute::None)
        flops += 2 * tokens * (weights.output + weights.inner + weights.rest);
    if (memory.recompute == Recompute::Layers)
        flops +=
            2 * tokens * weights.beforeAttention + compressionFlops(plan) + attentionFlops(plan);
    if (memory.tileMlp) flops += 2 * tokens * weights.inner;
    return flops * static_cast<double>(train.gradAccum * plan.config.parallel.dp);
}

}  // namespace ringscope
