#include "backend/config/unreached.h"

#include "tests/backend/config/reading.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

Lines unreachedIn(std::string_view text, const std::vector<std::string>& overrides = {}) {
    const ExperimentReading reading = readText(text, overrides);
    EXPECT_EQ(problemsOf(reading), Lines{});
    Lines lines;
    for (const ConfigProblem& warning : reading.warnings) lines.push_back(warning.text());
    return lines;
}

TEST(Unreached, IsNothingInTheDefaults) {
    EXPECT_TRUE(findUnreached(RunConfig{}).empty());
    EXPECT_EQ(unreachedIn("train: {steps: 10, lr_warmup: 9, validate_every: 10}\n"
                          "data: {validation: 0.1}\n"
                          "checkpoint: {every: 10}\n"
                          "profile: {steps: [3, 10]}\n"),
              Lines{});
}

TEST(Unreached, IsAWarmUpThatTakesAllSteps) {
    EXPECT_EQ(unreachedIn("train: {steps: 10, lr_warmup: 10}\n"),
              Lines{"t.yaml:1:31: train.lr_warmup (10) leaves no step of train.steps (10) at "
                    "train.lr, so the learning rate never gets there; use fewer steps of warm-up"});
}

TEST(Unreached, IsACheckpointAfterTheLastStep) {
    EXPECT_EQ(unreachedIn("train: {steps: 10}\ncheckpoint:\n  every: 50\n"),
              Lines{"t.yaml:3:10: checkpoint.every (50) is more than train.steps (10), so no "
                    "checkpoint is written; use at most 10, or 0 for none"});
}

TEST(Unreached, IsAValidationAfterTheLastStep) {
    EXPECT_EQ(unreachedIn("data: {validation: 0.1}\n"
                          "train: {steps: 10, validate_every: 11}\n"),
              Lines{"t.yaml:2:36: train.validate_every (11) is more than train.steps (10), so the "
                    "run validates after its last step alone; use at most 10, or 0 for the last "
                    "step alone"});
}

TEST(Unreached, IsAPatienceThatOutlastsTheValidations) {
    EXPECT_EQ(unreachedIn("data: {validation: 0.1}\n"
                          "train: {steps: 50, validate_every: 10, stop_patience: 3}\n"),
              Lines{});
    EXPECT_EQ(unreachedIn("data: {validation: 0.1}\n"
                          "train: {steps: 50, validate_every: 10, stop_patience: 4}\n"),
              Lines{"t.yaml:2:55: train.stop_patience (4) never ends the run, which does 5 "
                    "validations; use fewer, or validate more often by train.validate_every"});
    EXPECT_EQ(unreachedIn("data: {validation: 0.1}\ntrain: {steps: 50, stop_patience: 1}\n"),
              Lines{"t.yaml:2:35: train.stop_patience (1) never ends the run, which does 1 "
                    "validation; use fewer, or validate more often by train.validate_every"});
}

TEST(Unreached, IsWhatCannotBeRecorded) {
    EXPECT_EQ(unreachedIn("train: {steps: 10}\nprofile: {steps: [8, 12]}\n"),
              Lines{"t.yaml:2:18: profile.steps ends at 12, after the last of train.steps (10), so "
                    "2 of 4 steps are recorded; let it end at 10"});
    EXPECT_EQ(unreachedIn("train: {steps: 10}\nprofile: {steps: [10, 12]}\n"),
              Lines{"t.yaml:2:18: profile.steps begins at 10, after the last of train.steps (10), "
                    "so nothing is recorded; name steps from 0 to 9"});
}

TEST(Unreached, IsSaidOnceAndWhereTheLastWordWasGiven) {
    EXPECT_EQ(unreachedIn("train: {steps: 100}\ncheckpoint: {every: 50}\n"
                          "matrix: {parallel.mode: [ring, zigzag]}\n",
                          {"train.steps=10"}),
              Lines{"--set train.steps: checkpoint.every (50) is more than train.steps (10), so no "
                    "checkpoint is written; use at most 10, or 0 for none"});
}

}  // namespace
}  // namespace ringscope
