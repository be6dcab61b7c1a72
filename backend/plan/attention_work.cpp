#include "backend/plan/attention_work.h"

#include "backend/plan/patterns/pattern.h"

namespace ringscope {

double attentionFlops(const RunPlan& plan) {
    const RunConfig& config = plan.config;
    const ModelConfig& model = config.model;
    const auto columns = static_cast<double>(model.heads * (model.headDim() + model.valueDim()));
    double pairs = 0;
    for (const AttentionPart& part : plan.parts)
        pairs += static_cast<double>(part.layers) *
                 seenPairs(plan.attention.pattern.get(), part.mask, config.train.seqLen);
    return 2 * pairs * columns * static_cast<double>(config.train.batch);
}

double coverage(const RunPlan& plan) {
    if (plan.attention.pattern == nullptr) return 1;
    double seen = 0, visible = 0;
    for (const AttentionPart& part : plan.parts) {
        const std::int64_t tokens = plan.config.train.seqLen;
        const auto layers = static_cast<double>(part.layers);
        seen += layers * seenPairs(plan.attention.pattern.get(), part.mask, tokens);
        visible += layers * static_cast<double>(visiblePairs(part.mask, tokens));
    }
    return seen / visible;
}

}  // namespace ringscope
