#include "backend/plan/mode_choice.h"

#include "backend/config/mode_names.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

RunConfig automatic(std::int64_t heads, std::int64_t kvHeads, std::int64_t sp) {
    RunConfig config;
    config.model.hiddenSize = 32 * heads;
    config.model.heads = heads;
    config.model.kvHeads = kvHeads;
    config.train.seqLen = 4096;
    config.parallel.mode = modenames::automatic;
    config.parallel.sp = sp;
    return config;
}

std::string chosen(const RunConfig& config) { return planRun(config).value().config.parallel.mode; }

// Counted in the blocks of every rank.
double slowestPairsOfBlocks(const RunPlan& plan) {
    double most = 0;
    for (int rank = 0; rank < plan.schedule().ranks; ++rank) {
        double pairs = 0;
        for (const AttentionPart& part : plan.parts)
            pairs += static_cast<double>(part.layers * part.headTurns *
                                         attendedPairs(part.schedule, rank));
        most = std::max(most, pairs);
    }
    return most;
}

void forEveryMode(RunConfig config, const std::function<void(const RunPlan& plan)>& look) {
    for (const Mode& mode : modeTable()) {
        if (!mode.sharded || mode.name == modenames::legacy) continue;
        config.parallel.mode = mode.name;
        if (const Result<RunPlan> plan = planRun(config); plan.ok()) look(*plan);
    }
}

// Masks, lengths that are padded, layouts, groups.
std::vector<RunConfig> unlikeConfigs() {
    std::vector<RunConfig> configs;
    for (const std::int64_t sp : {1, 2, 3, 4, 6, 8}) {
        const RunConfig plain = automatic(12, 6, sp);
        const auto add = [&](auto change) { change(configs.emplace_back(plain)); };
        add([](RunConfig&) {});
        add([](RunConfig& config) { config.attention.causal = false; });
        add([](RunConfig& config) { config.attention.window = 100; });
        add([](RunConfig& config) { config.train.seqLen = 4001; });
        add([](RunConfig& config) { config.parallel.tokenOrder = TokenOrder::Hilbert; });
        add([](RunConfig& config) { config.parallel.commBufferLimit = {1 << 20}; });
        add([](RunConfig& config) {
            config.attention.window = 100;
            config.model.layerPattern = {"window", "full"};
            config.model.layers = 5;
        });
        add([](RunConfig& config) {
            config.parallel.ulyssesOrder = UlyssesOrder::Outer;
            config.memory.recompute = Recompute::Layers;
        });
    }
    return configs;
}

TEST(ModeChoice, CountsThePairsOfTheSlowestRankAsItsBlocksHaveThem) {
    for (const RunConfig& config : unlikeConfigs())
        forEveryMode(config, [](const RunPlan& plan) {
            EXPECT_EQ(slowestPairs(plan), slowestPairsOfBlocks(plan))
                << plan.config.parallel.mode << " on " << plan.ranks;
        });
}

// Of the ranks that a schedule names as those that send most, one does so in all layers together.
TEST(ModeChoice, ComparesTheBytesOfTheRankThatSendsMost) {
    for (const RunConfig& config : unlikeConfigs())
        forEveryMode(config, [](const RunPlan& plan) {
            const bool twice = plan.config.memory.recompute == Recompute::Layers;
            std::int64_t most = 0;
            for (int rank = 0; rank < plan.ranks; ++rank) {
                std::int64_t sent = 0;
                for (const AttentionPart& part : plan.parts) {
                    const RankSchedule steps = part.schedule.makeSteps(part.schedule, rank);
                    sent += part.layers * part.headTurns *
                            (sentBytes(steps) + (twice ? sentBytes(steps.forward) : 0));
                }
                most = std::max(most, sent);
            }
            EXPECT_EQ(plan.attentionBytesPerStep, most * plan.microSteps)
                << plan.config.parallel.mode << " on " << plan.ranks;
        });
}

// Held against every mode's own plan.
TEST(ModeChoice, SendsTheFewestBytesOfTheModesThatShareWorkEvenly) {
    for (const auto& [heads, kvHeads] : {std::pair{8, 8}, {8, 2}, {6, 3}})
        for (const std::int64_t sp : {2, 3, 4, 8})
            for (const bool causal : {true, false}) {
                RunConfig config = automatic(heads, kvHeads, sp);
                config.attention.causal = causal;
                const RunPlan best = planRun(config).value();
                double least = slowestPairsOfBlocks(best);
                std::vector<RunPlan> others;
                for (const Mode& mode : modeTable()) {
                    if (!mode.sharded || mode.name == modenames::legacy) continue;
                    config.parallel.mode = mode.name;
                    Result<RunPlan> plan = planRun(config);
                    if (!plan.ok()) continue;
                    least = std::min(least, slowestPairsOfBlocks(*plan));
                    others.push_back(*std::move(plan));
                }
                EXPECT_LE(slowestPairsOfBlocks(best), 1.05 * least);
                for (const RunPlan& other : others)
                    EXPECT_TRUE(best.attentionBytesPerStep <= other.attentionBytesPerStep ||
                                slowestPairsOfBlocks(other) > 1.05 * least)
                        << best.config.parallel.mode << " and " << other.config.parallel.mode;
            }
}

TEST(ModeChoice, SaysWhyInItsFirstNote) {
    const RunPlan plan = planRun(automatic(8, 8, 4)).value();
    EXPECT_EQ(plan.config.parallel.mode, "ulysses");
    EXPECT_THAT(plan.notes.front(),
                AllOf(StartsWith("parallel.mode auto is ulysses: attention sends "),
                      HasSubstr(" a step, the least of the "),
                      HasSubstr(" modes whose slowest rank computes as few pairs as any")));
    // More ranks than heads, and a causal mask that leaves a plain ring unbalanced.
    const RunPlan ring = planRun(automatic(2, 1, 8)).value();
    EXPECT_THAT(ring.notes.front(), HasSubstr("; ring sends "));
    EXPECT_THAT(ring.notes.front(), HasSubstr("and its slowest rank computes 1.8"));
}

TEST(ModeChoice, FollowsThePatternAndTheLayoutThatAreAskedFor) {
    RunConfig dilated = automatic(8, 8, 4);
    dilated.attention.pattern = {.kind = PatternKind::Dilated,
                                 .segments = {1024, 4096},
                                 .rates = {1, 4},
                                 .stopGradient = true};
    dilated.attention.causal = false;
    EXPECT_EQ(chosen(dilated), "dilated-ring");
    RunConfig laidOut = automatic(8, 8, 4);
    laidOut.parallel.tokenOrder = TokenOrder::Hilbert;  // ulysses has no such order
    EXPECT_NE(chosen(laidOut), "ulysses");
}

TEST(ModeChoice, FailsWithTheReasonOfTheFirstMode) {
    RunConfig config = automatic(8, 8, 4);
    config.parallel.commBufferLimit = {1};
    const Result<RunPlan> plan = planRun(config);
    ASSERT_FALSE(plan.ok());
    EXPECT_THAT(plan.error().message, StartsWith("parallel.mode auto: ring needs at least"));
}

}  // namespace
}  // namespace ringscope
