#include "backend/config/memory_preset.h"

#include "backend/config/conflicts.h"
#include "backend/config/mode_names.h"
#include "tests/backend/config/reading.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::ElementsAre;

TEST(MemoryPreset, GivesWhatNobodyWrote) {
    const Experiment experiment = experimentOf("preset: alst\nparallel: {sp: 2}\n");
    const RunConfig& base = experiment.base;
    EXPECT_EQ(base.parallel.mode, modenames::ulysses);
    EXPECT_EQ(base.memory.zero, 3);
    EXPECT_EQ(base.memory.recompute, Recompute::Layers);
    EXPECT_EQ(base.memory.tileMlp, usualTileMlp);
    EXPECT_EQ(base.memory.offloadActivations, OffloadPlace::Disk);
    EXPECT_EQ(experiment.origins.at("memory.zero"), "preset alst");
    EXPECT_EQ(experiment.origins.at("memory.preset"), "t.yaml:1:9");
    EXPECT_TRUE(findConflicts(base).empty());
}

TEST(MemoryPreset, LeavesAloneWhatWasWritten) {
    const RunConfig base =
        experimentOf("memory: {preset: alst, zero: 2, tile_mlp: null}\nparallel: {mode: ring}\n")
            .base;
    EXPECT_EQ(base.parallel.mode, modenames::ring);
    EXPECT_EQ(base.memory.zero, 2);
    EXPECT_EQ(base.memory.tileMlp, std::nullopt);
    EXPECT_EQ(base.memory.recompute, Recompute::Layers);
}

TEST(MemoryPreset, IsWhatTheAlstForksModeMeans) {
    for (const char* text : {"parallel: {mode: deepspeed-alst}\n", "preset: alst\n"})
        EXPECT_EQ(experimentOf(text).base, experimentOf("preset: alst\n").base) << text;
    const ExperimentReading reading = readText("parallel: {mode: deepspeed-alst}\n");
    ASSERT_EQ(reading.warnings.size(), 1U);
    EXPECT_EQ(reading.warnings.front().text(),
              "t.yaml:1:18: parallel.mode: 'deepspeed-alst' is an old name; write ulysses and "
              "memory.preset alst");
    // Whatever the order: what is written counts more than what an old name means.
    for (const char* text : {"parallel: {mode: deepspeed-alst}\nmemory: {preset: none}\n",
                             "preset: none\nparallel: {mode: deepspeed-alst}\n"})
        EXPECT_EQ(experimentOf(text).base.memory, MemoryConfig{}) << text;
}

TEST(MemoryPreset, MayBeAnAxis) {
    const std::vector<ExpandedRun> runs =
        expandRuns(experimentOf("parallel: {sp: 2}\nmemory: {recompute_every: 2}\nmatrix: "
                                "{memory.preset: [none, alst]}\n"));
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(runs[0].config.parallel.mode, RunConfig{}.parallel.mode);
    EXPECT_EQ(runs[0].config.memory.zero, MemoryConfig{}.zero);
    EXPECT_EQ(runs[1].config.parallel.mode, modenames::ulysses);
    EXPECT_EQ(runs[1].config.memory.zero, 3);
    EXPECT_EQ(runs[1].config.memory.recomputeEvery, 2);
}

TEST(MemoryPreset, LeavesTheValuesOfAnAxisAlone) {
    const std::vector<ExpandedRun> runs =
        expandRuns(experimentOf("preset: alst\nmatrix: {memory.zero: [1, 3]}\n"));
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(runs[0].config.memory.zero, 1);
    EXPECT_EQ(runs[0].config.memory.recompute, Recompute::Layers);
}

TEST(MemoryPreset, ChoosesTheModeOfEachRunByItsOwnHeadsAndRanks) {
    const std::vector<ExpandedRun> runs =
        expandRuns(experimentOf("preset: alst\nmodel: {heads: 6, kv_heads: 3, hidden_size: 192}\n"
                                "matrix: {parallel.sp: [3, 4, 5, 6]}\n"));
    std::vector<std::string> modes;
    for (const ExpandedRun& run : runs) modes.push_back(run.config.parallel.mode);
    EXPECT_THAT(modes, ElementsAre("ulysses", "zigzag", "zigzag", "ulysses"));
}

TEST(MemoryPreset, OfARunReadsBackAsTheRun) {
    const RunConfig base = experimentOf("preset: alst\nmemory: {zero: 1}\n").base;
    EXPECT_EQ(experimentOf(toYaml(base)).base, base);
}

TEST(MemoryPreset, ThatIsNotKnownIsRefused) {
    EXPECT_THAT(
        problemsIn("preset: tiny\n"),
        ElementsAre("t.yaml:1:9: preset: expected one of none, alst, development, production, "
                    "large_scale; got 'tiny'"));
}

}  // namespace
}  // namespace ringscope
