#include "backend/model/families/experts.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {
namespace {

constexpr std::int64_t mostExpertsOfModel = 1 << 18;  // in all layers

}  // namespace

void readExperts(ConfigKeys& keys, const ExpertKeys& names, ModelConfig& model) {
    ExpertConfig& experts = model.experts;
    experts.count = keys.size(names.countKey, {}, {1, 1 << 16});
    experts.size = keys.size(names.sizeKey, {}, {1, 1 << 20});
    experts.perToken = keys.size("num_experts_per_tok", {}, {1, 1 << 16});
    if (experts.perToken > experts.count)
        keys.refuse("num_experts_per_tok",
                    fmt::format("is {}; there are {} experts", experts.perToken, experts.count));
    if (experts.count * model.layers > mostExpertsOfModel)
        keys.refuse(names.countKey, fmt::format("times num_hidden_layers is {} experts; {} are "
                                                "the most that are read",
                                                experts.count * model.layers, mostExpertsOfModel));
}

void readSparseLayers(ConfigKeys& keys, std::vector<LayerKind>& kinds) {
    const std::int64_t step = keys.size("decoder_sparse_step", 1, {1, 1 << 16});
    const std::vector<std::int64_t> dense = keys.wholes("mlp_only_layers");
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const auto layer = static_cast<std::int64_t>(i);
        kinds[i].experts =
            (layer + 1) % step == 0 && std::ranges::find(dense, layer) == dense.end();
    }
}

}  // namespace ringscope
