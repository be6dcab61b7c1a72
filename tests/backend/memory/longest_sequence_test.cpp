#include "backend/memory/longest_sequence.h"

#include "backend/memory/memory_plan.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace ringscope {
namespace {

RunConfig asked() {
    RunConfig config;
    config.model = {
        .layers = 4, .hiddenSize = 64, .heads = 4, .kvHeads = 2, .ffnSize = 192, .vocabSize = 2048};
    config.parallel.mode = "ulysses";
    config.parallel.sp = 2;
    return config;
}

std::vector<std::string> everyLever() {
    std::vector<std::string> names;
    for (const LengthLever& lever : lengthLevers()) names.emplace_back(lever.name);
    return names;
}

std::int64_t peakAt(RunConfig config, std::int64_t tokens) {
    config.train.seqLen = tokens;
    return predictedPeak(planRun(config).value()).bytes();
}

TEST(LongestSequence, FitsAndTheNextDoesNot) {
    for (const std::int64_t mebibytes : {32, 100, 333}) {
        const Bytes budget{mebibytes << 20};
        const LongestSequence found = longestSequence(asked(), budget, 256);
        ASSERT_GT(found.tokens, 0);
        EXPECT_EQ(found.tokens % 256, 0);
        EXPECT_EQ(found.peakBytes, peakAt(asked(), found.tokens));
        EXPECT_LE(found.peakBytes, budget.count);
        EXPECT_GT(peakAt(asked(), found.tokens + 256), budget.count);
        EXPECT_THAT(found.endedBy, ::testing::HasSubstr(formatBytes(budget)));
    }
}

TEST(LongestSequence, IsNoneWhereNotEvenTheModelFits) {
    const LongestSequence found = longestSequence(asked(), {1 << 20}, 1024);
    EXPECT_EQ(found.tokens, 0);
    EXPECT_FALSE(found.endedBy.empty());
}

TEST(LongestSequence, GrowsWithEachLever) {
    const std::vector<LengthCase> cases = lengthCases(asked(), {"ulysses"}, everyLever()).value();
    ASSERT_EQ(cases.size(), everyLever().size());
    std::int64_t before = 0;
    for (const LengthCase& each : cases) {
        const std::int64_t tokens = longestSequence(each.config, {160 << 20}, 512).tokens;
        EXPECT_GE(tokens, before) << each.lever;
        before = tokens;
    }
}

TEST(LongestSequence, BeginsOnOneRankAndKnowsItsWords) {
    const std::vector<LengthCase> cases =
        lengthCases(asked(), {"ring", "ulysses"}, {"none", "sp", "zero"}).value();
    std::vector<std::string> names;
    for (const LengthCase& each : cases) names.push_back(each.mode + " " + each.lever);
    EXPECT_THAT(names, ::testing::ElementsAre("none none", "ring sp", "ring zero", "ulysses sp",
                                              "ulysses zero"));
    EXPECT_EQ(lengthCases(asked(), {"ring"}, {"glue"}).error().message,
              "there is no lever 'glue'; there are none, tile_loss, sp, tile_mlp, recompute, zero, "
              "offload, offload_state");
}

}  // namespace
}  // namespace ringscope
