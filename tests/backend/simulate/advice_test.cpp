#include "backend/simulate/advice.h"

#include "backend/config/conflicts.h"
#include "backend/simulate/sweep.h"
#include "tests/backend/simulate/planned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ringscope::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

RunConfig tokens(std::int64_t length) {
    RunConfig config = llama8b();
    config.train.seqLen = length;
    return config;
}

TEST(Advice, ShortSequencesAreNotSplit) {
    const Machine machine = findMachine("h100-8x").value();
    const Advice advice = adviseOn(tokens(8192), machine, 8).value();
    EXPECT_EQ(advice.options.front().config.parallel.sp, 1);
    EXPECT_THAT(advice.sentences, Contains(StartsWith("Do not split the sequence here")));
}

TEST(Advice, LongSequencesMustBe) {
    const Machine machine = findMachine("h100-8x").value();
    const Advice advice = adviseOn(tokens(1 << 20), machine, 8).value();
    ASSERT_FALSE(advice.options.empty());
    EXPECT_GT(advice.options.front().config.parallel.sp, 1);
    EXPECT_THAT(advice.sentences, Contains(StartsWith("The sequence must be split")));
    for (const Option& option : advice.options) EXPECT_TRUE(option.prediction.fits());
}

TEST(Advice, TheFastestIsTheFirstAndEachOptionIsASplitOfAllRanks) {
    const Machine machine = findMachine("a100-80-8x").value();
    const Advice advice = adviseOn(tokens(65536), machine, 16).value();
    EXPECT_TRUE(std::ranges::is_sorted(advice.options, std::greater<>{}, [](const Option& option) {
        return option.prediction.tokensPerSecond();
    }));
    for (const Option& option : advice.options)
        EXPECT_EQ(option.config.parallel.sp * option.config.parallel.dp, 16);
}

TEST(Advice, NoPlanThatFitsIsFasterByRecomputingLayersAlone) {
    const Machine machine = findMachine("h100-8x").value();
    const RunPlan plan = plannedOn(tokens(512 << 10), machine, "zigzag", 8);
    const Prediction wanted = predictRun(plan, machine).value();
    ASSERT_TRUE(wanted.fits());
    const Advice advice = adviseOn(tokens(512 << 10), machine, 8).value();
    EXPECT_GE(advice.options.front().prediction.tokensPerSecond(), wanted.tokensPerSecond());
}

// What the table of modes leads with, under the memory settings that advice takes for it. On 2
// ranks and 2,048 tokens that is usp, whose groups are all ranks.
TEST(Advice, NoModeOfTheTableIsFasterThanTheFirstSplitOfAllRanks) {
    const Machine machine = findMachine("h100-8x").value();
    RunConfig config = tokens(2048);
    config.model.layers = 4;
    for (const std::int64_t ranks : {2, 3, 4, 8}) {
        const Advice advice = adviseOn(config, machine, ranks).value();
        const auto first = std::ranges::find(
            advice.options, ranks, [](const Option& option) { return option.config.parallel.sp; });
        ASSERT_NE(first, advice.options.end()) << ranks;
        RunConfig alike = config;
        alike.memory = first->config.memory;
        for (const ModeForecast& row : forecastModes(alike, machine, ranks, [] { return false; })) {
            if (!row.prediction || !row.prediction->fits()) continue;
            EXPECT_LE(row.prediction->tokensPerSecond(),
                      first->prediction.tokensPerSecond() * (1 + 1e-9))
                << row.mode << " on " << ranks << ", advised " << first->split;
        }
    }
}

TEST(Advice, WhatIsTooLargeForEverythingIsSaidWithTheLeastItNeeds) {
    const Machine machine = findMachine("a100-40-8x").value();
    const Advice advice = adviseOn(tokens(32 << 20), machine, 2).value();
    EXPECT_TRUE(advice.options.empty());
    EXPECT_THAT(advice.sentences, Contains(StartsWith("Nothing fits on 2 A100 SXM4 40 GB")));
}

TEST(Advice, AnOptionIsOneThatAnExperimentMayHave) {
    Machine machine = findMachine("h100-8x").value();
    machine.device.kind = DeviceKind::Cpu;
    machine.device.memoryBytes = std::int64_t{1} << 40;
    RunConfig config = tokens(8192);
    config.adapter.kind = AdapterKind::Qlora;  // memory.zero 3 would divide numbers of 4 bits
    const Advice advice = adviseOn(config, machine, 4).value();
    ASSERT_FALSE(advice.options.empty());
    for (const Option& option : advice.options)
        EXPECT_TRUE(findConflicts(option.config).empty()) << option.memory;
}

TEST(Advice, OfSeveralNumbersOfRanksTheCheapestIsNamed) {
    const Machine machine = findMachine("h100-8x").value();
    const std::vector<Advice> both = {adviseOn(tokens(65536), machine, 8).value(),
                                      adviseOn(tokens(65536), machine, 16).value()};
    EXPECT_THAT(adviceOver(both), Contains(HasSubstr("US dollars for a million tokens")));
}

}  // namespace
}  // namespace ringscope::test
