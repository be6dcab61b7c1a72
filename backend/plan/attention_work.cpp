#include "backend/plan/attention_work.h"

#include "backend/plan/native_sparse.h"
#include "backend/plan/patterns/pattern.h"

namespace ringscope {

double seenPairsOfLayers(const RunPlan& plan) {
    double pairs = 0;
    for (const AttentionPart& part : plan.parts)
        pairs += static_cast<double>(part.layers) *
                 seenPairs(plan.attention.pattern.get(), part.mask, plan.config.train.seqLen);
    const ModelConfig& model = plan.config.model;
    if (model.attention == AttentionKind::Nsa)
        pairs += static_cast<double>(model.layers) *
                 static_cast<double>(compressedPairs(model.nsa, plan.config.train.seqLen) +
                                     windowPairs(model.nsa, plan.config.train.seqLen));
    return pairs;
}

double attentionFlops(const RunPlan& plan) {
    const RunConfig& config = plan.config;
    const ModelConfig& model = config.model;
    const auto columns = static_cast<double>(model.heads * (model.headDim() + model.valueDim()));
    return 2 * seenPairsOfLayers(plan) * columns * static_cast<double>(config.train.batch);
}

double coverage(const RunPlan& plan) {
    if (plan.attention.pattern == nullptr) return 1;
    double visible = 0;
    for (const AttentionPart& part : plan.parts)
        visible += static_cast<double>(part.layers) *
                   static_cast<double>(visiblePairs(part.mask, plan.config.train.seqLen));
    return seenPairsOfLayers(plan) / visible;
}

}  // namespace ringscope
