#include "kernels/generate/layer_rules.h"

#include <cmath>
#include <string>

namespace ringscope {

ScoreRules scoreRulesOf(const RunConfig& config) {
    const double columns = static_cast<double>(config.model.headDim());
    return {.scale = config.attention.scale.value_or(1 / std::sqrt(columns)),
            .softcap = config.attention.softcap,
            .alibiHeads = config.usesAlibi() ? config.model.heads : 0};
}

Sinks sinksOf(const Parameters& parameters, int layer) {
    const Weight sinks =
        parameters.weightIfAny("layers." + std::to_string(layer) + ".attention.sinks");
    if (!sinks.defined()) return {};
    return {sinks.value.detach(), sinks.gradient};
}

}  // namespace ringscope
