#include "backend/config/mode_names.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

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

double slowestPairs(const RunPlan& plan) {
    double most = 0;
    for (int rank = 0; rank < plan.schedule().ranks; ++rank)
        most = std::max(most, static_cast<double>(attendedPairs(plan.schedule(), rank)));
    return most;
}

// Held against every mode's own plan.
TEST(ModeChoice, SendsTheFewestBytesOfTheModesThatShareWorkEvenly) {
    for (const auto& [heads, kvHeads] : {std::pair{8, 8}, {8, 2}, {6, 3}})
        for (const std::int64_t sp : {2, 3, 4, 8})
            for (const bool causal : {true, false}) {
                RunConfig config = automatic(heads, kvHeads, sp);
                config.attention.causal = causal;
                const RunPlan best = planRun(config).value();
                double least = slowestPairs(best);
                std::vector<RunPlan> others;
                for (const Mode& mode : modeTable()) {
                    if (!mode.sharded || mode.name == modenames::legacy) continue;
                    config.parallel.mode = mode.name;
                    Result<RunPlan> plan = planRun(config);
                    if (!plan.ok()) continue;
                    least = std::min(least, slowestPairs(*plan));
                    others.push_back(*std::move(plan));
                }
                EXPECT_LE(slowestPairs(best), 1.05 * least);
                for (const RunPlan& other : others)
                    EXPECT_TRUE(best.attentionBytesPerStep <= other.attentionBytesPerStep ||
                                slowestPairs(other) > 1.05 * least)
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
