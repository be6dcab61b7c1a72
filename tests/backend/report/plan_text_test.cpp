#include "backend/report/plan_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

RunRequest requestOf(const std::string& name, const std::string& mode) {
    RunConfig config;
    config.parallel.mode = mode;
    config.parallel.sp = mode == "none" ? 1 : 2;
    config.train.seqLen = 4096;
    return {.plan = planRun(config).value(), .experiment = "e", .experimentId = "1", .name = name};
}

TEST(PlanTable, HasALineForEachRunBelowItsHead) {
    RunRequest ring = requestOf("four-modes/ring", "ring");
    ring.plan.attentionBytesPerStep = 2 << 20;
    ring.plan.gradientBytesPerStep = 0;
    ring.plan.flopsPerStep = 25e9;
    ring.plan.notes.clear();
    EXPECT_EQ(
        planTable({ring}),
        "name             mode      ranks     seq len   attention sent  gradients sent      "
        "GFLOP\n"
        "four-modes/ring  ring          2       4,096         2.00 MiB             0 B       "
        "25.0\n"
        "Bytes are what the busiest rank sends in one step; GFLOP is the model's, per step.\n");
}

TEST(PlanTable, HasTheNotesOfARunBelowIt) {
    RunRequest none = requestOf("e/none", "none");
    none.plan.notes = {"window is not used"};
    EXPECT_THAT(planTable({none}), HasSubstr("\n  note: window is not used\n"));
}

TEST(PlanTable, OfNoRunIsItsHeadAndWhatTheColumnsMean) {
    EXPECT_THAT(planTable({}), StartsWith("name  mode "));
    EXPECT_THAT(planTable({}), EndsWith("per step.\n"));
}

}  // namespace
}  // namespace ringscope
