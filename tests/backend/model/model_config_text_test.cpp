#include "backend/model/model_config_text.h"

#include "backend/model/json_value.h"
#include "backend/model/model_folder.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

// The family that the text is of; or why there is no text.
std::string familyOf(const ModelDescription& description) {
    const Result<std::string> text = modelConfigText(description, {});
    if (!text.ok()) return text.error().message;
    const Result<ModelReading> reading = readModelConfig(*text, "config.json");
    EXPECT_TRUE(reading.ok());
    EXPECT_EQ(plainDescription(reading->description), plainDescription(description));
    return std::string(reading->family->type);
}

TEST(ModelConfigText, IsThatOfLlamaForOurDefaultForm) {
    const ModelDescription description;
    EXPECT_EQ(familyOf(description), "llama");
    const JsonValue text =
        readJsonValue(
            modelConfigText(description, {.type = TensorType::Bf16, .longest = 512}).value())
            .value();
    EXPECT_EQ(text.find("torch_dtype")->text, "bfloat16");
    EXPECT_EQ(text.find("max_position_embeddings")->text, "512");
    EXPECT_EQ(text.find("rms_norm_eps")->text, "1e-5");
    EXPECT_EQ(text.find("rope_theta")->text, "10000.0");
    EXPECT_EQ(text.find("architectures")->items.front().text, "LlamaForCausalLM");
}

TEST(ModelConfigText, IsThatOfTheFamilyThatComputesTheSame) {
    ModelDescription description;
    description.attention.window = 99;
    EXPECT_EQ(familyOf(description), "mistral");
    description.model.layerPattern = {"window", "full"};
    EXPECT_TRUE(familyOf(description).starts_with("no config.json"));  // Qwen 2 has biases
    description.model.qkvBias = true;
    EXPECT_EQ(familyOf(description), "qwen2");
    description.model.qkvBias = false;
    description.model.qkNorm = QkNorm::Head;
    EXPECT_EQ(familyOf(description), "qwen3");
}

TEST(ModelConfigText, SaysExpertsAsTheirFamilyDoes) {
    ModelDescription description;
    description.model.experts = {.count = 4, .size = 32, .normalized = true};
    EXPECT_EQ(familyOf(description), "mixtral");
    description.model.qkNorm = QkNorm::Head;
    description.model.layerPattern = {"dense", "experts*3"};
    EXPECT_EQ(familyOf(description), "qwen3_moe");
    ModelDescription clamped;
    ModelConfig& model = clamped.model;
    model.experts = {.count = 4, .size = 32, .normalized = true};
    model.ffn = FeedForwardKind::SwigluClamped;
    model.qkvBias = model.outputBias = model.ffnBias = model.attentionSinks = true;
    EXPECT_EQ(familyOf(clamped), "gpt_oss");
    clamped.attention.window = 99;
    model.layerPattern = {"window", "full"};
    model.rope = {.scaling = RopeScaling::Yarn, .factor = 32, .originalLength = 4096};
    EXPECT_EQ(familyOf(clamped), "gpt_oss");
}

TEST(ModelConfigText, SaysEveryScalingOfAngles) {
    RopeConfig rope{.theta = 5e5, .factor = 8, .originalLength = 4096};
    for (const RopeScaling scaling : {RopeScaling::None, RopeScaling::Linear, RopeScaling::Dynamic,
                                      RopeScaling::Yarn, RopeScaling::Llama3}) {
        ModelDescription description;
        description.model.rope = rope;
        description.model.rope.scaling = scaling;
        if (scaling == RopeScaling::None || scaling == RopeScaling::Linear)
            description.model.rope.originalLength = 0;
        EXPECT_EQ(familyOf(description), "llama") << nameOf(scaling);
    }
    ModelDescription description;
    rope.scaling = RopeScaling::LongRope;
    rope.shortFactors = std::vector<double>(16, 1);
    rope.longFactors = std::vector<double>(16, 2.5);
    rope.attentionFactor = 1.19;
    description.model.rope = rope;
    EXPECT_EQ(familyOf(description), "llama");
}

TEST(ModelConfigText, DoesNotWriteWhatNoFamilyComputes) {
    ModelDescription description;
    description.attention.alibi = true;
    EXPECT_TRUE(familyOf(description).starts_with("no config.json says what this model is"));
}

TEST(PlainDescription, LeavesOutWhatChangesNothing) {
    ModelDescription description;
    description.model.headSize = 32;  // of 256 / 8
    description.model.layerPattern = {"full"};
    description.model.experts.perToken = 7;
    description.model.from = "folder";
    description.attention.dropout = 0.1;
    EXPECT_EQ(plainDescription(description), ModelDescription{});
}

}  // namespace
}  // namespace ringscope
