#include "backend/plan/memory_zero.h"

#include "backend/plan/adapter_plan.h"

#include <algorithm>

namespace ringscope {
bool dividesGradients(const RunPlan& plan) {
    return plan.config.memory.zero >= 2 && plan.ranks > 1;
}

bool dividesValues(const RunPlan& plan) { return plan.config.memory.zero == 3 && plan.ranks > 1; }

bool valuesComeAndGo(const RunPlan& plan) {
    return dividesValues(plan) || plan.config.memory.offloadParameters != OffloadPlace::None;
}

ParameterShare parameterShareOf(const RunPlan& plan) {
    return parameterShare(heldParameters(plan), expertSplitOf(plan),
                          dividesGradients(plan) || valuesComeAndGo(plan));
}

PartOwner partOwner(const RunPlan& plan, const SharePart& part, int rank) {
    const std::int64_t apart = part.experts ? plan.expertRanks : 1;
    PartOwner owner{.ranks = plan.ranks / apart, .place = rank / apart, .owned = part.span};
    if (owner.ranks == 1 || plan.config.memory.zero == 0) return owner;
    const std::int64_t slice = part.span.count / owner.ranks;
    owner.owned = {part.span.begin + owner.place * slice, slice};
    return owner;
}

std::int64_t keptLayerInputs(const RunPlan& plan) {
    const std::int64_t together = plan.config.memory.recomputeEvery;
    return (std::ssize(plan.layers) + together - 1) / together;
}

std::int64_t layerInputBytes(const RunPlan& plan) {
    std::int64_t tokens = 0;
    const Schedule& schedule = plan.schedule();
    for (int rank = 0; rank < schedule.ranks; ++rank)
        tokens = std::max(tokens, tokenCount(heldTokens(schedule, rank)));
    return plan.config.train.batch * tokens * plan.config.model.hiddenSize *
           rowOf(plan.config.train.precision).bytes;
}

std::int64_t gathersOfLayer(const RunPlan& plan, std::int64_t layer) {
    const MemoryConfig& memory = plan.config.memory;
    if (memory.recompute != Recompute::Layers) return 2;
    // Layers that share a kept input run again one after the other; the last one stays for its
    // backward pass.
    const bool last =
        (layer + 1) % memory.recomputeEvery == 0 || layer + 1 == std::ssize(plan.layers);
    return last ? 2 : 3;
}

// The embedding needs no values in its backward pass; the head's is in the forward pass.
std::int64_t gathersOfUnit(const RunPlan& plan, int unit) {
    const auto layers = std::ssize(plan.layers);
    if (unit == embeddingUnit) return plan.config.model.tiedHead ? 2 : 1;
    if (unit == headUnit(layers)) return 1;
    return gathersOfLayer(plan, unit - layerUnit(0));
}

StateBytes stateBytes(const RunPlan& plan) {
    const NumberFormatRow& format = rowOf(plan.config.train.precision);
    const std::int64_t level = plan.config.memory.zero;
    StateBytes bytes;
    for (const SharePart& part : parameterShareOf(plan).parts) {
        const std::int64_t ranks = part.experts ? plan.ranks / plan.expertRanks : plan.ranks;
        // What a reduce-scatter or an all-gather sends: every slice but the rank's own once.
        const std::int64_t sent = (ranks - 1) * (part.span.count / ranks);
        const std::int64_t sums = dividesGradients(plan) ? plan.microSteps : level == 0 ? 2 : 1;
        if (!part.frozen) bytes.gradients += sums * sent * format.sumBytes;
        if (dividesValues(plan))
            bytes.values += plan.microSteps * gathersOfUnit(plan, part.unit) * sent * format.bytes;
        else if (level != 0 && !part.frozen)
            bytes.values += sent * format.bytes;
    }
    return bytes;
}

}  // namespace ringscope
