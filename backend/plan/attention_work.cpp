#include "backend/plan/attention_work.h"

namespace ringscope {

double attentionFlops(const RunPlan& plan) {
    const RunConfig& config = plan.config;
    const ModelConfig& model = config.model;
    const auto columns = static_cast<double>(model.heads * (model.headDim() + model.valueDim()));
    double pairs = 0;
    for (const AttentionPart& part : plan.parts)
        pairs += static_cast<double>(part.layers) *
                 static_cast<double>(visiblePairs(part.mask, config.train.seqLen));
    return 2 * pairs * columns * static_cast<double>(config.train.batch);
}

}  // namespace ringscope
