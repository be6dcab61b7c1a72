#include "backend/compare/foresight.h"

#include "backend/machine/machine_table.h"
#include "backend/plan/run_plan.h"
#include "backend/simulate/prediction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <functional>

namespace ringscope::test {
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
                ::testing::UnorderedElementsAre("1 of 3 runs left out: it ran on another device",
                                                "1 of 3 runs left out: it has not finished",
                                                "1 of 3 runs left out: it ran on other hosts"));
}

// What was said then counts, not what would be said now.
TEST(Foresight, ComparesWithWhatWasSaidBeforeTheRunByTheSameCalibration) {
    Machine machine = findMachine("h100-8x").value();
    machine.measured = "2026-11-30";
    RunRecord run = finishedRun(machine, 1);
    const double measured = runSpeed(run)->stepMedianMs;
    run.prediction = RunPrediction{.stepMs = measured / 1.25,
                                   .processor = machine.device.name,
                                   .calibrated = machine.measured};
    RunRecord older = run;
    older.prediction->calibrated = "2026-10-01";
    const Foresight foresight = checkedPredictions({run, older}, machine);
    ASSERT_EQ(foresight.runs.size(), 2U);
    EXPECT_TRUE(foresight.runs[0].beforehand);
    EXPECT_NEAR(foresight.runs[0].errorPercent(), 25, 1e-6);
    EXPECT_FALSE(foresight.runs[1].beforehand);
    EXPECT_NEAR(foresight.runs[1].errorPercent(), 0, 0.01);
    EXPECT_NEAR(stepErrorPercent(run).value(), 25, 1e-6);
}

TEST(Foresight, LearnsFromTheNewestFortyRuns) {
    const Machine machine = findMachine("h100-8x").value();
    std::vector<RunRecord> runs(40, finishedRun(machine, 1.04));
    runs.resize(50, finishedRun(machine, 3));  // older ones
    const std::optional<ErrorBar> bar = learnedErrorBar(runs, machine);
    ASSERT_TRUE(bar);
    EXPECT_EQ(bar->source, "last 40 runs on this machine: +4.0 % ± 0.0");
    runs.resize(2);
    EXPECT_FALSE(learnedErrorBar(runs, machine));
}

TEST(Foresight, RefusesToPredictWhatWasNotMeasuredHere) {
    const Machine machine = findMachine("h100-8x").value();
    const auto reasonOf = [&](const std::function<void(RunConfig&)>& change) {
        RunConfig config;
        config.train.precision = NumberFormat::Bf16;
        change(config);
        const Result<RunPrediction> said = predictionHere(planRun(config).value(), machine);
        return said.ok() ? std::string() : said.error().message;
    };
    EXPECT_EQ(reasonOf([](RunConfig&) {}), "");
    EXPECT_EQ(reasonOf([](RunConfig& config) { config.launch.device = DeviceChoice::Cuda; }),
              "it runs on GPUs, and this machine's CPU was calibrated");
    EXPECT_EQ(reasonOf([](RunConfig& config) { config.launch.threadsPerRank = 2; }),
              "launch.threads_per_rank is not 1, and one thread was measured");
    EXPECT_EQ(reasonOf([](RunConfig& config) { config.debug.slowRank = 0; }),
              "debug.slow_rank holds a rank up on purpose");
    const auto sparse = [](RunConfig& config) {
        config.attention.pattern.kind = PatternKind::BlockSparse;
        config.attention.pattern.block = 256;
        config.attention.pattern.local = 1;
    };
    EXPECT_EQ(reasonOf(sparse).substr(0, 17), "attention.pattern");
}

}  // namespace
}  // namespace ringscope::test
