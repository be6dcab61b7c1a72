#include "backend/model/parameter_list.h"

#include <gtest/gtest.h>

#include <vector>

namespace ringscope {
namespace {

std::vector<ModelConfig> modelsOfEachForm() {
    const ModelConfig plain{
        .layers = 5, .hiddenSize = 24, .heads = 4, .kvHeads = 2, .vocabSize = 11};
    ModelConfig mixed = plain;
    mixed.layerPattern = {"dense", "experts"};
    mixed.experts = {.count = 6, .perToken = 2, .size = 3, .sharedSize = 5, .bias = true};
    ModelConfig latent = mixed;
    latent.attention = AttentionKind::Mla;
    latent.latent = {.querySize = 6, .size = 8, .plainSize = 6, .rotarySize = 4, .valueSize = 6};
    ModelConfig other = plain;
    other.norm = NormKind::Layer;
    other.position = PositionKind::Learned;
    other.positions = 40;
    other.ffn = FeedForwardKind::Gelu;
    other.ffnBias = other.qkvBias = other.outputBias = other.tiedHead = true;
    ModelConfig sparse = plain;
    sparse.attention = AttentionKind::Nsa;
    return {plain, mixed, latent, other, sparse};
}

TEST(ParameterList, IsWhatIsCounted) {
    for (const ModelConfig& model : modelsOfEachForm()) {
        const std::vector<LayerKind> kinds = layerKinds(model, {}).value();
        const std::vector<ParameterSpec> list = parameterList(model, kinds);
        const ParameterSpec& last = list.back();
        EXPECT_EQ(parameterCount(model, kinds), last.offset + last.elements());
        EXPECT_EQ(parameterCount(model), last.offset + last.elements());
    }
}

TEST(ParameterList, OfExpertsMultipliesATokenWithThoseItUses) {
    const ModelConfig model = modelsOfEachForm()[1];
    const std::vector<LayerKind> kinds = layerKinds(model, {}).value();
    std::int64_t multiplied = 0;
    for (const ParameterSpec& spec : parameterList(model, kinds)) {
        if (spec.shape.size() == 3) multiplied += spec.elements() / 6 * 2;
        if (spec.shape.size() == 2 && !isOfEmbedding(spec)) multiplied += spec.elements();
    }
    EXPECT_EQ(multipliedParameters(model, kinds), multiplied);
}

}  // namespace
}  // namespace ringscope
