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
        "name             mode  ranks  seq len  attention sent  gradients sent        work\n"
        "four-modes/ring  ring      2    4,096        2.00 MiB             0 B  25.0 GFLOP\n"
        "Bytes are what the busiest rank sends in one step; work is the model's, per step.\n");
}

TEST(PlanTable, HasEachNoteOnceWithTheRunsItIsAbout) {
    RunRequest none = requestOf("e/none", "none");
    RunRequest ring = requestOf("e/ring", "ring");
    none.plan.notes = {"one clock", "window is not used"};
    ring.plan.notes = {"one clock"};
    EXPECT_THAT(planTable({none, ring}),
                HasSubstr("\nnote: one clock\nnote: window is not used (e/none)\nBytes are"));
}

TEST(PlanTable, CountsWorkInThousands) {
    RunRequest ring = requestOf("e/ring", "ring");
    ring.plan.flopsPerStep = 1.056e18;
    EXPECT_THAT(planTable({ring}), HasSubstr("  1.06 EFLOP\n"));
}

TEST(PlannedHosts, AreALineEachWithWhatStartsTheirRanks) {
    HostSpec host;
    host.name = "node1";
    host.transport = TransportKind::Ssh;
    EXPECT_EQ(plannedHostsText({{HostSpec{}, 2, "ringscope agent"}}), "");
    EXPECT_EQ(plannedHostsText({{host, 1, "ssh node1 ringscope agent"}}),
              "node1: up to 1 rank, started by: ssh node1 ringscope agent\n");
}

TEST(PlanTable, OfNoRunIsItsHeadAndWhatTheColumnsMean) {
    EXPECT_THAT(planTable({}), StartsWith("name  mode  ranks"));
    EXPECT_THAT(planTable({}), EndsWith("per step.\n"));
}

}  // namespace
}  // namespace ringscope
