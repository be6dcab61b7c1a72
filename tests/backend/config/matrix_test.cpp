#include "tests/backend/config/reading.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::ElementsAre;

Lines namesOf(const std::vector<ExpandedRun>& runs) {
    Lines names;
    for (const ExpandedRun& run : runs) names.push_back(run.name);
    return names;
}

std::vector<ExpandedRun> runsOf(std::string_view text, const Lines& overrides = {}) {
    return expandRuns(experimentOf(text, overrides));
}

TEST(ExpandRuns, MakesOneRunNamedAfterItsModeWithoutAMatrix) {
    const std::vector<ExpandedRun> runs = runsOf("name: one\n");
    ASSERT_EQ(runs.size(), 1U);
    EXPECT_EQ(runs[0].name, "one/zigzag");
    EXPECT_EQ(runs[0].config, RunConfig{});
    EXPECT_FALSE(runs[0].baseline);
}

TEST(ExpandRuns, GoesThroughAxesAsWrittenTheLastOneFastest) {
    const std::vector<ExpandedRun> runs =
        runsOf("name: e\nmatrix: {parallel.mode: [ring, zigzag], train.seq_len: [1024, 2048]}\n");
    EXPECT_THAT(namesOf(runs), ElementsAre("e/ring seq_len=1024", "e/ring seq_len=2048",
                                           "e/zigzag seq_len=1024", "e/zigzag seq_len=2048"));
    EXPECT_EQ(runs[2].config.parallel.mode, "zigzag");
    EXPECT_EQ(runs[2].config.train.seqLen, 1024);
}

TEST(ExpandRuns, LeavesTheModeOutWhereOnlyOtherFieldsVary) {
    EXPECT_THAT(namesOf(runsOf("name: e\nmatrix: {train.seq_len: [1024, 2048]}\n")),
                ElementsAre("e seq_len=1024", "e seq_len=2048"));
}

TEST(ExpandRuns, RunsAPatternOnceWhateverItsKindDoesNotRead) {
    EXPECT_THAT(namesOf(runsOf("name: e\n"
                               "attention: {pattern: {segments: [64], rates: [1], local: 1}}\n"
                               "matrix: {attention.pattern.kind: [none, dilated, block_sparse], "
                               "attention.pattern.stride: [0, 4], train.seed: [0, 1]}\n")),
                ElementsAre("e pattern.kind=none pattern.stride=0 seed=0",
                            "e pattern.kind=none pattern.stride=0 seed=1",
                            "e pattern.kind=dilated pattern.stride=0 seed=0",
                            "e pattern.kind=dilated pattern.stride=0 seed=1",
                            "e pattern.kind=block_sparse pattern.stride=0 seed=0",
                            "e pattern.kind=block_sparse pattern.stride=0 seed=1",
                            "e pattern.kind=block_sparse pattern.stride=4 seed=0",
                            "e pattern.kind=block_sparse pattern.stride=4 seed=1"));
}

TEST(ExpandRuns, WritesWholePathsWhereTwoAxesEndAlike) {
    EXPECT_THAT(namesOf(runsOf("name: e\nmatrix: {train.steps: [5], profile.steps: [[0, 3]]}\n")),
                ElementsAre("e train.steps=5 profile.steps=[0, 3]"));
}

TEST(ExpandRuns, TakesRepeatsInRoundsAndNumbersThemFromTheSecond) {
    const std::vector<ExpandedRun> runs =
        runsOf("name: e\nrepeat: 2\nmatrix: {parallel.mode: [ring, zigzag]}\n");
    EXPECT_THAT(namesOf(runs), ElementsAre("e/ring", "e/zigzag", "e/ring #2", "e/zigzag #2"));
    EXPECT_EQ(runs[2].repeat, 1);
    EXPECT_EQ(runs[2].config, runs[0].config);
}

TEST(ExpandRuns, MarksTheRunsThatMatchTheWholeBaseline) {
    const std::vector<ExpandedRun> runs = runsOf(
        "matrix: {parallel.mode: [legacy, ring], train.seq_len: [1024, 2048]}\n"
        "baseline: {parallel.mode: legacy, train.seq_len: 2_048}\n");
    EXPECT_THAT(runs, ElementsAre(testing::Field(&ExpandedRun::baseline, false),
                                  testing::Field(&ExpandedRun::baseline, true),
                                  testing::Field(&ExpandedRun::baseline, false),
                                  testing::Field(&ExpandedRun::baseline, false)));
}

TEST(ExpandRuns, LaysAPresetOfTheMatrixUnderWrittenFields) {
    const std::vector<ExpandedRun> runs = runsOf(
        "model: {layers: 3}\nmatrix: {model.kv_heads: [1, 2], model.preset: [nano, small]}\n");
    ASSERT_EQ(runs.size(), 4U);
    EXPECT_EQ(runs[0].config.model.hiddenSize, 64);
    EXPECT_EQ(runs[1].config.model.hiddenSize, 512);
    EXPECT_EQ(runs[3].config.model.kvHeads, 2) << "an axis goes before the preset's size";
    for (const ExpandedRun& run : runs) EXPECT_EQ(run.config.model.layers, 3);
}

TEST(ExpandRuns, StartsWithTheBase) {
    const Experiment experiment =
        experimentOf("matrix: {model.preset: [small, nano], train.seed: [3, 4]}\n");
    EXPECT_EQ(expandRuns(experiment).front().config, experiment.base);
}

TEST(ExpandRuns, SetsBackWhatAnEarlierCombinationSet) {
    const std::vector<ExpandedRun> runs = runsOf("matrix: {attention.window: [128, null]}\n");
    EXPECT_EQ(runs[0].config.attention.window, 128);
    EXPECT_EQ(runs[1].config.attention.window, std::nullopt);
    EXPECT_EQ(runs[1].name, "experiment window=null");
}

TEST(ExpandRuns, MakesAsManyRunsAsAreAllowed) {
    EXPECT_EQ(runsOf("repeat: 5000\nmatrix: {parallel.mode: [ring, zigzag]}\n").size(), 10'000U);
}

TEST(Matrix, TakesNumbersOfTokensWithUnits) {
    const auto runs = runsOf("matrix: {train.seq_len: [4k, 8192]}\n");
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(runs[0].config.train.seqLen, 4096);
    EXPECT_EQ(runs[0].name, "experiment seq_len=4096");
}

}  // namespace
}  // namespace ringscope
