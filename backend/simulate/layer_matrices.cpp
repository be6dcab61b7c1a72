#include "backend/simulate/layer_matrices.h"

#include <algorithm>
#include <string>

namespace ringscope {
namespace {

// A parameter of the model that ranks do not hold is in 4 bits.
bool isHeld(const ParameterShare& share, const std::string& name) {
    return std::ranges::find(share.list, name, &ParameterSpec::name) != share.list.end();
}

}  // namespace

LayerMatrices matricesOf(const StepCosts& costs, int layer,
                         const std::vector<ParameterSpec>& parameters) {
    const RunPlan& plan = costs.plan();
    const std::string prefix = "layers." + std::to_string(layer) + ".";
    const ExpertConfig& experts = plan.config.model.experts;
    LayerMatrices matrices;
    for (const ParameterSpec& spec : parameters) {
        if (!spec.name.starts_with(prefix) || !isMatrix(spec)) continue;
        const bool ofExperts = spec.shape.size() == 3;
        const std::int64_t columns = spec.shape[ofExperts ? 1 : 0];
        const std::int64_t inner = spec.shape[ofExperts ? 2 : 1];
        Matrix matrix{
            .inner = inner, .columns = columns, .inFourBits = !isHeld(costs.share(), spec.name)};
        for (const AdapterSite& site : costs.adapters())
            if (site.layer.parameter == spec.name) matrix.adapted.push_back(site.layer.rows);
        if (ofExperts) {
            // Tokens of all ranks that share experts go evenly to those that this rank holds.
            matrix.copies = experts.count / plan.expertRanks;
            matrix.rowsShare = static_cast<double>(experts.perToken) *
                               static_cast<double>(plan.expertRanks) /
                               static_cast<double>(experts.count);
        }
        const auto has = [&](const char* part) {
            return spec.name.find(part) != std::string::npos;
        };
        if (has(".attention.output"))
            matrices.output.push_back(matrix);
        else if (has(".attention."))
            matrices.before.push_back(matrix);
        else
            matrices.feedForward.push_back(matrix);
        if (has("gate_up") || has(".up."))
            matrices.innerColumns += static_cast<std::int64_t>(
                static_cast<double>(columns * matrix.copies) * matrix.rowsShare);
    }
    return matrices;
}

}  // namespace ringscope
