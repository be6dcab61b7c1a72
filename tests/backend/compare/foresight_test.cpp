#include "backend/compare/foresight.h"

#include "backend/machine/machine_table.h"
#include "backend/plan/run_plan.h"
#include "backend/simulate/prediction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope::testing {
namespace {

// A run whose steps took `factor` times what was predicted of them.
RunRecord finishedRun(const Machine& machine, double factor) {
    RunRecord run;
    run.name = "four/zigzag";
    run.config.train.precision = NumberFormat::Bf16;
    run.config.train.steps = 4;
    run.config.train.warmupSteps = 1;
    run.status = RunStatus::Finished;
    run.device = "cpu";
    const RunPlan plan = planRun(run.config).value();
    const auto predicted =
        static_cast<double>(predictTimes(plan, machine).value().stepNanos) * factor;
    for (std::int64_t step = 0; step < 4; ++step)
        run.steps.push_back({.step = step,
                             .loss = 1,
                             .gradNorm = 1,
                             .duration = Nanos(static_cast<std::int64_t>(predicted)),
                             .tokens = 1024});
    for (int rank = 0; rank < plan.ranks; ++rank)
        run.rankRecords.push_back(
            {.rank = rank, .host = "localhost", .peakMemory = {predictedPeak(plan).bytes()}});
    return run;
}

TEST(Foresight, SaysHowFarRunsAreFromTheirPredictions) {
    const Machine machine = findMachine("h100-8x").value();
    const std::vector<RunRecord> runs = {finishedRun(machine, 1.10), finishedRun(machine, 1.00),
                                         finishedRun(machine, 1.04)};
    const Foresight foresight = checkedPredictions(runs, machine);
    ASSERT_EQ(foresight.runs.size(), 3U);
    EXPECT_NEAR(foresight.runs[0].errorPercent(), 10, 0.01);
    EXPECT_NEAR(foresight.runs[0].peakErrorPercent(), 0, 1e-9);
    EXPECT_NEAR(foresight.meanPercent, 14.0 / 3, 0.01);
    EXPECT_NEAR(foresight.worstAbsPercent, 10, 0.01);
    ASSERT_TRUE(foresight.errorBar());
    EXPECT_NEAR(foresight.errorBar()->percent, 14.0 / 3 + 2 * foresight.deviation, 0.01);
    EXPECT_EQ(foresight.errorBar()->source, "last 3 runs on this machine: +4.7 % ± 5.0");
}

TEST(Foresight, RunsThatSayNothingOfThisMachineAreLeftOutWithAReason) {
    const Machine machine = findMachine("h100-8x").value();
    std::vector<RunRecord> runs(3, finishedRun(machine, 1));
    runs[0].device = "cuda";
    runs[1].status = RunStatus::Failed;
    runs[2].rankRecords[0].host = "node1";
    const Foresight foresight = checkedPredictions(runs, machine);
    EXPECT_TRUE(foresight.runs.empty());
    EXPECT_FALSE(foresight.errorBar());
    EXPECT_THAT(foresight.leftOut,
                ::testing::UnorderedElementsAre("1 of 3 runs ran on another device",
                                                "1 of 3 runs have not finished",
                                                "1 of 3 runs ran on other hosts"));
}

}  // namespace
}  // namespace ringscope::testing
