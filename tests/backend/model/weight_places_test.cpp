#include "backend/model/weight_places.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringscope {
namespace {

WeightPlaces placesOf(std::string_view family, const ModelDescription& description) {
    const Family& row = *findFamily(family);
    return weightPlaces(row, description, row.body).value();
}

std::vector<WeightPiece> piecesOf(const WeightPlaces& places, std::string_view parameter) {
    const auto found = std::ranges::find(places.parameters, parameter, &ParameterSpec::name);
    if (found == places.parameters.end()) return {};
    return places.pieces[static_cast<std::size_t>(found - places.parameters.begin())];
}

ModelDescription small() {
    ModelDescription description;
    ModelConfig& model = description.model;
    model.layers = 2;
    model.hiddenSize = 8;
    model.heads = 4;
    model.kvHeads = 2;
    model.ffnSize = 12;
    model.vocabSize = 10;
    return description;
}

TEST(WeightPlaces, PutQueriesKeysAndValuesBehindEachOther) {
    const WeightPlaces places = placesOf("llama", small());
    EXPECT_EQ(
        piecesOf(places, "layers.1.attention.qkv.weight"),
        (std::vector<WeightPiece>{{"model.layers.1.self_attn.q_proj.weight", 0, 8, 0, false},
                                  {"model.layers.1.self_attn.k_proj.weight", 8, 4, 0, false},
                                  {"model.layers.1.self_attn.v_proj.weight", 12, 4, 0, false}}));
    EXPECT_EQ(places.tensors.at("model.layers.1.self_attn.k_proj.weight"),
              (std::vector<std::int64_t>{4, 8}));
    EXPECT_EQ(piecesOf(places, "head.weight"),
              (std::vector<WeightPiece>{{"lm_head.weight", 0, 10, 0, false}}));
    EXPECT_EQ(piecesOf(places, "norm.gain"),
              (std::vector<WeightPiece>{{"model.norm.weight", 0, 8, 0, false}}));
}

TEST(WeightPlaces, HaveNoHeadWhereItIsTied) {
    ModelDescription description = small();
    description.model.tiedHead = true;
    EXPECT_FALSE(placesOf("llama", description).tensors.contains("lm_head.weight"));
}

TEST(WeightPlaces, GiveEachExpertItsTensors) {
    ModelDescription description = small();
    description.model.experts = {.count = 3, .size = 5};
    const WeightPlaces places = placesOf("mixtral", description);
    const auto pieces = piecesOf(places, "layers.0.ffn.experts.gate_up");
    ASSERT_EQ(pieces.size(), 6U);
    EXPECT_EQ(pieces[3], (WeightPiece{"model.layers.0.block_sparse_moe.experts.1.w3.weight", 15, 5,
                                      0, false}));
    EXPECT_EQ(places.tensors.at("model.layers.0.block_sparse_moe.experts.2.w2.weight"),
              (std::vector<std::int64_t>{8, 5}));
}

// One tensor of all experts, each (in, out), its gates and ups by turns.
TEST(WeightPlaces, FindExpertsInOneTensor) {
    ModelDescription description = small();
    ModelConfig& model = description.model;
    model.ffn = FeedForwardKind::SwigluClamped;
    model.ffnBias = model.attentionSinks = true;
    model.experts = {.count = 3, .size = 5};
    const WeightPlaces places = placesOf("gpt_oss", description);
    const std::string experts = "model.layers.0.mlp.experts.";
    const WeightPiece ups{.tensor = experts + "gate_up_proj",
                          .firstRow = 15,
                          .rows = 5,
                          .tensorFirstRow = 1,
                          .transposed = true,
                          .apart = 2,
                          .matrix = 1,
                          .matrices = 3};
    EXPECT_EQ(piecesOf(places, "layers.0.ffn.experts.gate_up").at(3), ups);
    using Shape = std::vector<std::int64_t>;
    EXPECT_EQ(places.tensors.at(experts + "gate_up_proj"), (Shape{3, 8, 10}));
    EXPECT_EQ(places.tensors.at(experts + "gate_up_proj_bias"), (Shape{3, 10}));
    EXPECT_EQ(places.tensors.at(experts + "down_proj"), (Shape{3, 5, 8}));
    EXPECT_EQ(places.tensors.at(experts + "down_proj_bias"), (Shape{3, 8}));
    EXPECT_EQ(places.tensors.at("model.layers.0.mlp.router.bias"), (Shape{3}));
    EXPECT_EQ(places.tensors.at("model.layers.0.self_attn.sinks"), (Shape{4}));
}

// Its matrices are (in, out); what has one column is as ours.
TEST(WeightPlaces, TurnTheMatricesOfGpt2) {
    ModelDescription description = small();
    ModelConfig& model = description.model;
    model.kvHeads = model.heads;
    model.qkvBias = model.outputBias = model.ffnBias = true;
    model.norm = NormKind::Layer;
    model.ffn = FeedForwardKind::GeluTanh;
    model.position = PositionKind::Learned;
    model.positions = 6;
    model.tiedHead = true;
    const WeightPlaces places = placesOf("gpt2", description);
    EXPECT_EQ(piecesOf(places, "layers.0.attention.qkv.weight"),
              (std::vector<WeightPiece>{{"transformer.h.0.attn.c_attn.weight", 0, 24, 0, true}}));
    EXPECT_EQ(places.tensors.at("transformer.h.0.attn.c_attn.weight"),
              (std::vector<std::int64_t>{8, 24}));
    EXPECT_EQ(piecesOf(places, "layers.0.attention.qkv.bias"),
              (std::vector<WeightPiece>{{"transformer.h.0.attn.c_attn.bias", 0, 24, 0, false}}));
    EXPECT_EQ(piecesOf(places, "layers.0.ffn.norm.bias"),
              (std::vector<WeightPiece>{{"transformer.h.0.ln_2.bias", 0, 8, 0, false}}));
}

// Of each head its query's rows, its key's and its value's.
TEST(WeightPlaces, TakeTheHeadsOfGptNeoxApart) {
    ModelDescription description = small();
    ModelConfig& model = description.model;
    model.heads = model.kvHeads = 2;
    model.norm = NormKind::Layer;
    model.ffn = FeedForwardKind::Gelu;
    const WeightPlaces places = placesOf("gpt_neox", description);
    const std::string tensor = "gpt_neox.layers.0.attention.query_key_value.weight";
    EXPECT_EQ(piecesOf(places, "layers.0.attention.qkv.weight"),
              (std::vector<WeightPiece>{{tensor, 0, 4, 0, false},
                                        {tensor, 4, 4, 12, false},
                                        {tensor, 8, 4, 4, false},
                                        {tensor, 12, 4, 16, false},
                                        {tensor, 16, 4, 8, false},
                                        {tensor, 20, 4, 20, false}}));
}

TEST(WeightPlaces, SayWhatAFamilyHasNoTensorFor) {
    ModelDescription description = small();
    description.model.position = PositionKind::Learned;
    description.model.positions = 4;
    const Result<WeightPlaces> places = weightPlaces(*findFamily("llama"), description, "model.");
    ASSERT_FALSE(places.ok());
    EXPECT_EQ(places.error().message, "checkpoints of llama have no tensor for positions.weight");
}

}  // namespace
}  // namespace ringscope
