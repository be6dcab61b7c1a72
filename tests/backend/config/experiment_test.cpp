// The sources laid over each other: who wins, and what is said about it.
#include "tests/backend/config/reading.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::ElementsAre;

const std::map<std::string, std::string> stepsFromEnvironment = {{"RINGSCOPE_TRAIN__STEPS", "30"}};

TEST(Experiment, TakesTheFileOverTheDefaultTheEnvironmentOverThatAndSetOverAll) {
    const std::string file = "train: {steps: 20}\n";
    EXPECT_EQ(experimentOf("").base.train.steps, 10);
    EXPECT_EQ(experimentOf(file).base.train.steps, 20);
    EXPECT_EQ(experimentOf(file, {}, stepsFromEnvironment).base.train.steps, 30);
    EXPECT_EQ(experimentOf(file, {"train.steps=40"}, stepsFromEnvironment).base.train.steps, 40);
    EXPECT_EQ(experimentOf(file, {"train.steps=40", "train.steps=50"}).base.train.steps, 50);
}

TEST(Experiment, RemembersWhereEveryValueCameFrom) {
    const Experiment experiment =
        experimentOf("model:\n  preset: small\n  layers: 2\nmatrix: {parallel.mode: [ring]}\n",
                     {"train.lr=0.1"}, stepsFromEnvironment);
    EXPECT_EQ(experiment.origins.at("model.preset"), "t.yaml:2:11");
    EXPECT_EQ(experiment.origins.at("model.layers"), "t.yaml:3:11");
    EXPECT_EQ(experiment.origins.at("model.hidden_size"), "preset small");
    EXPECT_EQ(experiment.origins.at("train.steps"), "environment RINGSCOPE_TRAIN__STEPS");
    EXPECT_EQ(experiment.origins.at("train.lr"), "--set");
    EXPECT_EQ(experiment.origins.at("train.seed"), "default");
    EXPECT_EQ(experiment.origins.at("parallel.mode"), "matrix t.yaml:4:26");
}

TEST(Experiment, TakesThePresetFromAnySourceAndNeverOverWrittenValues) {
    const std::string file = "model: {layers: 3, preset: small}\n";
    const Experiment fromFile = experimentOf(file);
    EXPECT_EQ(fromFile.base.model.layers, 3);
    EXPECT_EQ(fromFile.base.model.hiddenSize, 512);
    const Experiment fromSet = experimentOf(file, {"model.preset=nano"});
    EXPECT_EQ(fromSet.base.model.layers, 3);
    EXPECT_EQ(fromSet.base.model.hiddenSize, 64);
    const Experiment fromEnvironment = experimentOf("", {}, {{"RINGSCOPE_MODEL__PRESET", "nano"}});
    EXPECT_EQ(fromEnvironment.base.model.hiddenSize, 64);
    EXPECT_EQ(fromEnvironment.origins.at("model.layers"), "preset nano");
}

TEST(Experiment, NarrowsAnAxisToWhatASourceAboveTheFileSets) {
    const std::string file = "matrix: {parallel.mode: [ring, zigzag], train.seed: [1, 2]}\n";
    const Experiment experiment = experimentOf(file, {"parallel.mode=ulysses"});
    ASSERT_EQ(experiment.matrix.size(), 2U);
    EXPECT_THAT(experiment.matrix[0].values, ElementsAre("ulysses"));
    EXPECT_EQ(experiment.origins.at("parallel.mode"), "--set, instead of the matrix's values");
    EXPECT_EQ(experiment.base.parallel.mode, "ulysses");
    const Experiment other = experimentOf(file, {}, {{"RINGSCOPE_TRAIN__SEED", "5"}});
    EXPECT_THAT(other.matrix[1].values, ElementsAre("5"));
}

TEST(Experiment, TakesTheMatrixOverTheSameFieldOfTheFile) {
    const Experiment experiment =
        experimentOf("parallel: {mode: legacy}\nmatrix: {parallel.mode: [ring, zigzag]}\n");
    EXPECT_THAT(experiment.matrix[0].values, ElementsAre("ring", "zigzag"));
    EXPECT_EQ(experiment.base.parallel.mode, "ring");
}

TEST(Experiment, TakesNameAndRepeatFromTheCommandLineToo) {
    const Experiment experiment = experimentOf("name: a\nrepeat: 2\n", {"name=b", "repeat=4"});
    EXPECT_EQ(experiment.name, "b");
    EXPECT_EQ(experiment.repeat, 4);
}

TEST(Experiment, NeedsNoFile) {
    const ExperimentReading reading =
        readExperiment({.fileName = "", .fileText = "", .environment = {}, .overrides = {}});
    EXPECT_TRUE(reading.ok());
    EXPECT_EQ(reading.experiment.base, RunConfig{});
    EXPECT_EQ(reading.experiment.name, "experiment");
}

TEST(Experiment, ReportsAConflictAtTheSourceThatCameLast) {
    const std::string file = "model: {heads: 4, kv_heads: 4}\n";
    const std::string message =
        "model.kv_heads (4) does not divide model.heads (2); use a number of key/value heads that "
        "does";
    EXPECT_THAT(problemsIn(file, {"model.heads=2"}), ElementsAre("--set model.heads: " + message));
    EXPECT_THAT(problemsIn(file, {}, {{"RINGSCOPE_MODEL__HEADS", "2"}}),
                ElementsAre("RINGSCOPE_MODEL__HEADS: " + message));
    EXPECT_THAT(problemsIn(file + "train: {seed: 1}\nmatrix: {model.heads: [8, 2]}\n"),
                ElementsAre("t.yaml:3:27: " + message));
}

TEST(Experiment, ReportsAConflictWithThePresetAtTheWrittenValue) {
    EXPECT_THAT(problemsIn("model:\n  preset: nano\n  heads: 3\n  kv_heads: 1\n"),
                ElementsAre("t.yaml:3:10: model.heads (3) does not divide model.hidden_size (64); "
                            "use a number of heads that does, or set model.head_size"));
    EXPECT_THAT(problemsIn("model: {hidden_size: 96}\nmatrix: {model.preset: [tiny, nano]}\n",
                           {"train.steps=1"}),
                ElementsAre("--set train.steps: train.warmup_steps (1) leaves no step to measure "
                            "of train.steps (1); use fewer"));
}

TEST(Experiment, AcceptsABaselineThatASourceAboveTheFileTookAway) {
    const std::string file =
        "matrix: {parallel.mode: [legacy, ring]}\nbaseline: {parallel.mode: legacy}\n";
    const Experiment experiment = experimentOf(file, {"parallel.mode=ring"});
    EXPECT_THAT(expandRuns(experiment),
                testing::Each(testing::Field(&ExpandedRun::baseline, false)));
}

}  // namespace
}  // namespace ringscope
