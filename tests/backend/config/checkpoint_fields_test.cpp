#include "backend/config/experiment.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace ringscope {
namespace {

using ::testing::HasSubstr;

std::string folderOf(const std::string& family) { return RINGSCOPE_MODELS "/" + family; }

ExperimentReading reading(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
    ExperimentSources sources;
    sources.fileName = "m.yaml";
    sources.fileText = yaml;
    sources.overrides = overrides;
    return readExperiment(sources);
}

std::string fromYaml(const std::string& folder, const std::string& rest = "") {
    return "model: {from: \"" + folder + "\"" + rest + "}\ntrain: {seq_len: 24}\n";
}

TEST(ModelFrom, IsWhatOtherFieldsStartFrom) {
    const ExperimentReading read = reading(fromYaml(folderOf("gemma2"), ", layers: 2"),
                                           {"attention.softcap=7", "model.vocab_size=256"});
    ASSERT_TRUE(read.ok()) << read.problems.front().text();
    const RunConfig& config = read.experiment.base;
    EXPECT_EQ(config.model.layers, 2);
    EXPECT_EQ(config.model.normPlace, NormPlace::Both);
    EXPECT_TRUE(config.model.gainFromOne);
    EXPECT_EQ(config.attention.window, 5);
    EXPECT_EQ(config.attention.softcap, 7);
    EXPECT_EQ(read.experiment.origins.at("model.hidden_size"), "checkpoint " + folderOf("gemma2"));
    EXPECT_EQ(read.experiment.origins.at("attention.window"), "checkpoint " + folderOf("gemma2"));
    EXPECT_EQ(
        read.experiment.origins.at("model.layers"),
        "m.yaml:1:" + std::to_string(fromYaml(folderOf("gemma2"), ", layers: ").find("}") + 1));
}

TEST(ModelFrom, IsRefusedWhereTheFolderCannotBeRead) {
    const ExperimentReading read = reading(fromYaml("/nowhere/model"));
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(read.problems.front().text(), HasSubstr("m.yaml:1:15: "));
    EXPECT_THAT(read.problems.front().text(), HasSubstr("/nowhere/model"));
    EXPECT_EQ(read.problems.size(), 1);
}

// What a run was is known as long as its record, not as long as the folder.
TEST(ModelFrom, IsNotReadWhereEveryFieldIsWritten) {
    RunConfig config =
        reading(fromYaml(folderOf("deepseek-v3")), {"model.vocab_size=256"}).experiment.base;
    config.model.from = "/nowhere/model";
    const ExperimentReading read = reading(toYaml(config));
    ASSERT_TRUE(read.ok()) << read.problems.front().text();
    EXPECT_EQ(read.experiment.base, config);
}

TEST(ModelFrom, MayBeAnAxis) {
    const std::string yaml =
        "model: {vocab_size: 256}\ntrain: {seq_len: 24}\nmatrix: {model.from: [\"" +
        folderOf("gemma2") + "\", \"" + folderOf("qwen2") + "\"]}\n";
    const ExperimentReading read = reading(yaml);
    ASSERT_TRUE(read.ok()) << read.problems.front().text();
    const std::vector<ExpandedRun> runs = expandRuns(read.experiment);
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_TRUE(runs[0].config.model.gainFromOne);
    EXPECT_FALSE(runs[0].config.model.qkvBias);
    EXPECT_TRUE(runs[1].config.model.qkvBias);
    EXPECT_FALSE(runs[1].config.model.gainFromOne);
    EXPECT_EQ(runs[1].config.attention.window, std::nullopt);
    EXPECT_EQ(runs[1].config.model.vocabSize, 256);
}

TEST(ModelFrom, IsRefusedInAnAxis) {
    const ExperimentReading read = reading("matrix: {model.from: [\"/nowhere/a\"]}\n");
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(read.problems.front().text(), HasSubstr("/nowhere/a"));
}

}  // namespace
}  // namespace ringscope
