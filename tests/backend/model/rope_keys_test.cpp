#include "backend/model/rope_keys.h"

#include "backend/model/model_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

Result<ModelReading> readRopeOf(std::string_view keys, std::string_view family = "llama") {
    return readModelConfig(fmt::format(R"({{"model_type": "{}", "vocab_size": 64, "hidden_size": 32,
 "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
 "max_position_embeddings": 8192, {}}})",
                                       family, keys),
                           "c");
}

RopeConfig ropeOf(std::string_view keys, std::string_view family = "llama") {
    const Result<ModelReading> reading = readRopeOf(keys, family);
    EXPECT_TRUE(reading.ok()) << reading.error().message;
    return reading.ok() ? reading->description.model.rope : RopeConfig{};
}

std::string ropeProblem(std::string_view keys, std::string_view family = "llama") {
    const Result<ModelReading> reading = readRopeOf(keys, family);
    return reading.ok() ? "" : reading.error().message;
}

TEST(RopeKeys, ReadBothSpellingsAlike) {
    const std::string_view words =
        R"("factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
 "original_max_position_embeddings": 4096)";
    const RopeConfig old = ropeOf(fmt::format(
        R"("rope_theta": 500000.0, "rope_scaling": {{"rope_type": "llama3", {}}})", words));
    const RopeConfig older = ropeOf(
        fmt::format(R"("rope_theta": 500000.0, "rope_scaling": {{"type": "llama3", {}}})", words));
    const RopeConfig now = ropeOf(fmt::format(
        R"("rope_parameters": {{"rope_theta": 500000.0, "rope_type": "llama3", {}}})", words));
    EXPECT_EQ(old, now);
    EXPECT_EQ(older, now);
    EXPECT_EQ(now.theta, 500000);
    EXPECT_EQ(now.scaling, RopeScaling::Llama3);
    EXPECT_EQ(now.originalLength, 4096);
}

TEST(RopeKeys, TakeTheLengthFromTheModelWhereTheScalingSaysNone) {
    EXPECT_EQ(ropeOf(R"("rope_scaling": {"type": "dynamic", "factor": 2})").originalLength, 8192);
    EXPECT_EQ(ropeOf(R"("rope_scaling": {"type": "yarn", "factor": 2})").originalLength, 8192);
    EXPECT_EQ(ropeOf(R"("rope_scaling": {"type": "linear", "factor": 2})").originalLength, 0);
    // A key of the model outweighs the scaling's own.
    EXPECT_EQ(ropeOf(R"("original_max_position_embeddings": 1024, "rope_scaling":
        {"type": "yarn", "factor": 2, "original_max_position_embeddings": 2048})")
                  .originalLength,
              1024);
}

TEST(RopeKeys, TakeTheFactorFromTheLengthsWhereThereIsNone) {
    EXPECT_EQ(ropeOf(R"("rope_scaling": {"type": "yarn", "factor": null,
        "original_max_position_embeddings": 2048})")
                  .factor,
              4);
    EXPECT_EQ(ropeProblem(R"("rope_scaling": {"type": "linear"})"),
              "'c': 3:51: rope_scaling.factor is missing; the model cannot be told without it");
}

TEST(RopeKeys, ReadYarnsAttentionFactor) {
    EXPECT_EQ(ropeOf(R"("rope_scaling": {"type": "yarn", "factor": 40})").attentionFactor,
              std::nullopt);
    EXPECT_EQ(ropeOf(R"("rope_scaling": {"type": "yarn", "factor": 40, "attention_factor": 2.0})")
                  .attentionFactor,
              2);
    EXPECT_EQ(ropeOf(R"("rope_scaling": {"type": "yarn", "factor": 40, "mscale": 0.7,
        "mscale_all_dim": 0.7})")
                  .attentionFactor,
              1);
    EXPECT_EQ(ropeOf(R"("rope_scaling": {"type": "yarn", "factor": 40, "mscale": 1,
        "mscale_all_dim": 0})")
                  .attentionFactor,
              std::nullopt);
}

TEST(RopeKeys, ReadLongFactors) {
    const std::string_view factors = R"("short_factor": [1, 1, 1], "long_factor": [2, 3, 4])";
    const RopeConfig rope = ropeOf(fmt::format(R"("partial_rotary_factor": 0.75,
        "original_max_position_embeddings": 4096, "rope_scaling": {{"type": "su", {}}})",
                                               factors),
                                   "phi3");
    EXPECT_EQ(rope.scaling, RopeScaling::LongRope);
    EXPECT_EQ(rope.longFactors, (std::vector<double>{2, 3, 4}));
    EXPECT_EQ(rope.factor, 2);
    EXPECT_EQ(
        ropeProblem(fmt::format(R"("rope_scaling": {{"type": "longrope", {}}})", factors), "phi3"),
        "'c': 3:88: rope_scaling.short_factor has 3 numbers; 4 pairs of columns turn");
}

TEST(RopeKeys, RefuseWhatCannotBeComputed) {
    EXPECT_EQ(ropeProblem(R"("rope_scaling": {"rope_type": "mrope", "mrope_section": [1]})"),
              "'c': 3:65: rope_scaling.rope_type is 'mrope', which cannot be computed; default, "
              "linear, dynamic, yarn, llama3 and longrope can");
    EXPECT_EQ(ropeProblem(R"("rope_scaling": {"type": "yarn", "factor": 2, "short_mscale": 1.2})"),
              "'c': 3:97: rope_scaling.short_mscale is no known key of rotary positions and may "
              "change what the model computes; take it out where it does not");
    EXPECT_EQ(ropeProblem(R"("rope_scaling": {"type": "linear", "factor": 2},
 "rope_parameters": {"rope_type": "default"})"),
              "'c': 3:51: rope_scaling stands beside rope_parameters; keep one of them");
    EXPECT_EQ(ropeProblem(R"("partial_rotary_factor": 0.4)"),
              "'c': 3:60: partial_rotary_factor 0.4 of 8 columns gives 3 that turn; it must be an "
              "even number");
    EXPECT_EQ(ropeProblem(R"("partial_rotary_factor": 1.5)"),
              "'c': 3:60: partial_rotary_factor is a part of a head and must be 1 at most");
}

TEST(RopeKeys, LetKeysOfOtherScalingsStand) {
    EXPECT_EQ(ropeProblem(R"("rope_parameters": {"rope_type": "default", "rope_theta": 1e4,
        "factor": 8.0})"),
              "");
}

}  // namespace
}  // namespace ringscope
