#include "backend/config/model_preset.h"

#include "backend/config/conflicts.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(ModelPresets, CarryTheirOwnNameAndFitTogether) {
    for (const ModelPreset& preset : modelPresets()) {
        EXPECT_EQ(preset.model.preset, preset.name);
        EXPECT_EQ(findPreset(preset.name), &preset);
        RunConfig config;
        config.model = preset.model;
        EXPECT_TRUE(findConflicts(config).empty()) << preset.name;
    }
    EXPECT_EQ(findPreset("huge"), nullptr);
}

TEST(ModelPresets, HoldTheDefaultsUnderTheNameThatIsTheDefault) {
    EXPECT_EQ(findPreset(ModelConfig{}.preset)->model, ModelConfig{});
}

TEST(ModelPresets, HaveTheSizesTheyAreKnownFor) {
    const ModelConfig& nano = findPreset("nano")->model;
    EXPECT_EQ(nano.layers, 2);
    EXPECT_EQ(nano.hiddenSize, 64);
    EXPECT_EQ(nano.ffnSize, 172);
    const ModelConfig& small = findPreset("small")->model;
    EXPECT_EQ(small.layers, 8);
    EXPECT_EQ(small.hiddenSize, 512);
    EXPECT_EQ(small.ffnSize, 1376);
}

TEST(ApplyPreset, KeepsWhatWasWrittenAndReplacesTheRest) {
    RunConfig config;
    config.model.layers = 3;
    config.model.heads = 2;
    applyPreset(*findPreset("small"),
                {{"model.layers", "f.yaml:1:1"}, {"model.heads", "preset tiny"}}, config);
    EXPECT_EQ(config.model.preset, "small");
    EXPECT_EQ(config.model.layers, 3);
    EXPECT_EQ(config.model.heads, 8);
    EXPECT_EQ(config.model.hiddenSize, 512);
}

TEST(ApplyPreset, TakesAFileCalledPresetForAFile) {
    RunConfig config;
    config.model.layers = 3;
    applyPreset(*findPreset("small"), {{"model.layers", "preset small.yaml:1:1"}}, config);
    EXPECT_EQ(config.model.layers, 3);
}

ModelDescription described() {
    ModelDescription description;
    description.model.layers = 7;
    description.model.qkvBias = true;
    description.attention.window = 99;
    return description;
}

TEST(ApplyCheckpoint, KeepsWhatWasWrittenAndReplacesTheRest) {
    RunConfig config;
    config.model.from = "models/a";
    config.model.layers = 3;
    config.model.heads = 2;
    config.attention.window = 5;
    config.attention.dropout = 0.5;
    applyCheckpoint(described(),
                    {{"model.layers", "f.yaml:1:1"},
                     {"model.heads", "checkpoint models/a"},
                     {"attention.window", "--set"}},
                    config);
    EXPECT_EQ(config.model.from, "models/a");
    EXPECT_EQ(config.model.layers, 3);
    EXPECT_EQ(config.model.heads, ModelConfig{}.heads);
    EXPECT_TRUE(config.model.qkvBias);
    EXPECT_EQ(config.attention.window, 5);
    EXPECT_EQ(config.attention.dropout, 0.5);
}

TEST(ApplyCheckpoint, TakesAFileCalledCheckpointForAFile) {
    RunConfig config;
    config.model.from = "a";
    config.model.layers = 3;
    applyCheckpoint(described(), {{"model.layers", "checkpoint b.yaml:1:1"}}, config);
    EXPECT_EQ(config.model.layers, 3);
}

}  // namespace
}  // namespace ringscope
