#include "backend/simulate/advice.h"

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

TEST(Advice, WhatIsTooLargeForEverythingIsSaidWithTheLeastItNeeds) {
    const Machine machine = findMachine("a100-40-8x").value();
    const Advice advice = adviseOn(tokens(32 << 20), machine, 2).value();
    EXPECT_TRUE(advice.options.empty());
    EXPECT_THAT(advice.sentences, Contains(StartsWith("Nothing fits on 2 A100 SXM4 40 GB")));
}

TEST(Advice, OfSeveralNumbersOfRanksTheCheapestIsNamed) {
    const Machine machine = findMachine("h100-8x").value();
    const std::vector<Advice> both = {adviseOn(tokens(65536), machine, 8).value(),
                                      adviseOn(tokens(65536), machine, 16).value()};
    EXPECT_THAT(adviceOver(both), Contains(HasSubstr("US dollars for a million tokens")));
}

}  // namespace
}  // namespace ringscope::test
