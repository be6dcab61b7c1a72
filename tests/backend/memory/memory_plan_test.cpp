#include "backend/memory/memory_plan.h"

#include "backend/analysis/memory.h"
#include "backend/memory/repeated_work.h"
#include "backend/memory/step_program.h"
#include "backend/plan/mode_table.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

RunConfig longRun(const std::string& mode, int ranks) {
    RunConfig config;
    config.model = {
        .layers = 6, .hiddenSize = 256, .heads = 8, .kvHeads = 4, .ffnSize = 688, .vocabSize = 256};
    config.train.seqLen = 8192;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return config;
}

std::vector<std::string> leversOf(const MemoryPlan& memory) {
    std::vector<std::string> levers;
    for (const WaterfallRow& row : memory.waterfall) levers.push_back(row.lever);
    return levers;
}

MemoryPlan memoryOf(const RunConfig& config) { return planMemory(planRun(config).value()).value(); }

TEST(MemoryPlan, SplitsActivationsOverTheRanksOfEveryModeThatSplitsThem) {
    const std::int64_t whole = predictedPeak(planRun(longRun("none", 1)).value()).bytes();
    for (const Mode& mode : modeTable()) {
        if (!mode.sharded || mode.name == "legacy") continue;
        const RunPlan plan = planRun(longRun(std::string(mode.name), 4)).value();
        EXPECT_LT(predictedPeak(plan).bytes(), whole * 6 / 10) << mode.name;
    }
    EXPECT_GT(predictedPeak(planRun(longRun("legacy", 4)).value()).bytes(), whole * 8 / 10)
        << "legacy holds all activations on every rank";
}

TEST(MemoryPlan, FindsThePeakThatTheStepProgramTells) {
    for (const Mode& mode : modeTable())
        for (const Recompute recompute : {Recompute::None, Recompute::Layers}) {
            RunConfig config = longRun(std::string(mode.name), mode.sharded ? 4 : 1);
            config.memory.recompute = recompute;
            config.memory.zero = recompute == Recompute::None ? 1 : 3;
            config.train.gradAccum = 2;
            const Result<RunPlan> plan = planRun(config);
            if (!plan.ok()) continue;
            for (int rank = 0; rank < plan->ranks; ++rank) {
                const MemoryPeak told = memoryPeak(stepProgram(*plan, rank)).value();
                const ProgramPeak peak = stepPeak(*plan, rank);
                EXPECT_EQ(peak.held, told.held) << mode.name << ", rank " << rank;
                EXPECT_EQ(peak.layer, told.layer) << mode.name << ", rank " << rank;
                EXPECT_EQ(peak.pass, told.pass) << mode.name << ", rank " << rank;
            }
        }
}

TEST(MemoryPlan, EndsItsWaterfallWithTheRunThatIsAskedFor) {
    RunConfig config = longRun("zigzag", 2);
    config.memory.zero = 3;
    config.memory.recompute = Recompute::Layers;
    config.memory.tileLoss = config.memory.tileMlp = 256;
    config.train.optimizer = OptimizerKind::AdamW8bit;
    const MemoryPlan whole = memoryOf(config);
    config.memory.tileMlp.reset();
    config.memory.recompute = Recompute::None;
    const MemoryPlan before = memoryOf(config);
    // memory.recompute is taken last, memory.tile_mlp before it.
    ASSERT_EQ(whole.waterfall.size(), before.waterfall.size() + 2);
    EXPECT_EQ(before.waterfall.back().peakBytes, before.peak.bytes());
    EXPECT_EQ(whole.waterfall[before.waterfall.size() - 1].peakBytes, before.peak.bytes());
}

TEST(MemoryPlan, TakesOneLeverAfterTheOtherFromTheNaiveRun) {
    RunConfig config = longRun("zigzag", 2);
    config.memory.tileMlp = 256;
    config.memory.tileLoss = 256;
    config.memory.recompute = Recompute::Layers;
    config.memory.recomputeEvery = 2;
    const MemoryPlan memory = memoryOf(config);
    EXPECT_THAT(leversOf(memory),
                ElementsAre("naive", "memory.zero 1", "memory.tile_loss 256", "memory.tile_mlp 256",
                            "memory.recompute layers every 2"));
    EXPECT_EQ(memory.waterfall.back().peakBytes, memory.peak.bytes());
    EXPECT_LT(memory.waterfall.back().peakBytes, memory.waterfall.front().peakBytes / 2);
    for (std::size_t i = 1; i < memory.waterfall.size(); ++i)
        EXPECT_LE(memory.waterfall[i].peakBytes, memory.waterfall[i - 1].peakBytes)
            << memory.waterfall[i].lever;
}

TEST(MemoryPlan, PricesWhatWaitsOnTheDisk) {
    RunConfig config = longRun("zigzag", 2);
    config.train.seqLen = 512;
    config.memory.zero = 3;
    config.memory.offloadOptimizer = OffloadPlace::Disk;
    config.memory.offloadParameters = OffloadPlace::Disk;
    const MemoryPlan memory = memoryOf(config);
    EXPECT_THAT(leversOf(memory),
                ElementsAre("naive", "memory.zero 1", "memory.zero 2", "memory.zero 3",
                            "memory.offload_optimizer disk", "memory.offload_parameters disk"));
    const RunPlan plan = planRun(config).value();
    const auto slice = static_cast<double>(plan.parameters) / 2;
    const WaterfallRow& optimizer = memory.waterfall[4];
    EXPECT_NEAR(optimizer.price.diskBytes / (slice * 8), 2, 0.02) << "read and written";
    EXPECT_LT(optimizer.peakBytes, memory.waterfall[3].peakBytes - slice * 7);
    const WaterfallRow& parameters = memory.waterfall[5];
    EXPECT_NEAR(parameters.price.diskBytes / (slice * 4), 4, 0.1)
        << "read in both passes and for the update, and written";
    EXPECT_LT(parameters.peakBytes, optimizer.peakBytes);
    EXPECT_NEAR(memory.diskBytes / (slice * 12), 1, 0.02);
    EXPECT_EQ(memory.hostDiskBytes, 2 * memory.diskBytes);
}

TEST(MemoryPlan, CountsTheDiskOfTheHostWithMostRanks) {
    RunConfig config = longRun("ring", 3);
    config.train.seqLen = 768;
    config.memory.zero = 0;
    config.memory.offloadOptimizer = OffloadPlace::Disk;
    config.launch.transport = TransportKind::Ssh;
    config.launch.hosts = {"a:1", "b:2"};
    const MemoryPlan memory = memoryOf(config);
    EXPECT_EQ(memory.hostDiskBytes, 2 * memory.diskBytes);
}

TEST(MemoryPlan, NamesNoLeverThatIsNotAskedFor) {
    RunConfig config = longRun("none", 1);
    config.memory.zero = 0;
    EXPECT_THAT(leversOf(memoryOf(config)), ElementsAre("naive"));
}

TEST(MemoryPlan, SaysWhetherItFitsWhereThereIsABudget) {
    RunConfig config = longRun("ring", 2);
    EXPECT_FALSE(memoryOf(config).fits.has_value());
    const std::int64_t peak = memoryOf(config).peak.bytes();
    config.memory.budget = Bytes{peak};
    EXPECT_EQ(memoryOf(config).fits, true);
    config.memory.budget = Bytes{peak - 1};
    EXPECT_EQ(memoryOf(config).fits, false);
}

TEST(MemoryPlan, CountsWhatIsComputedTwice) {
    RunConfig config = longRun("none", 1);
    EXPECT_EQ(repeatedFlops(planRun(config).value()), 0);
    config.memory.recompute = Recompute::AttentionKept;
    const double kept = repeatedFlops(planRun(config).value());
    config.memory.recompute = Recompute::Layers;
    const RunPlan plan = planRun(config).value();
    EXPECT_GT(repeatedFlops(plan), kept);
    // The forward pass is a third of the products' work and two sevenths of attention's.
    EXPECT_LT(repeatedFlops(plan), plan.flopsPerStep / 3);
    EXPECT_GT(repeatedFlops(plan), plan.flopsPerStep / 4);
}

// What the planner of messages counts is in use at once. Where all buffers are alike, the pool
// holds no more; else what lies unused in other sizes, too.
TEST(MemoryPlan, HoldsTheBuffersThatThePlanOfMessagesCounts) {
    for (const char* mode : {"ring", "zigzag", "striped", "ulysses", "llama3"}) {
        const RunPlan plan = planRun(longRun(mode, 4)).value();
        std::int64_t most = 0;
        for (int rank = 0; rank < plan.ranks; ++rank)
            overMemory(stepProgram(plan, rank), [&](std::int64_t, const BytesByCategory& held) {
                most =
                    std::max(most, held[static_cast<std::size_t>(MemoryCategory::Communication)]);
            });
        const std::int64_t slice = gradientSliceElements(plan.parameters, plan.ranks) * 4;
        const bool alike = plan.schedule().executor == Executor::Ring;
        EXPECT_GE(most - slice, plan.commBufferBytes) << mode;
        EXPECT_LE(most - slice, plan.commBufferBytes * (alike ? 1 : 3)) << mode;
    }
}

TEST(MemoryPlan, AddsNoEstimatesForACpu) {
    RunConfig config = longRun("none", 1);
    config.launch.device = DeviceChoice::Cpu;
    EXPECT_TRUE(memoryOf(config).besideTensors.empty());
    config.launch.device = DeviceChoice::Cuda;
    EXPECT_EQ(memoryOf(config).besideTensors.size(), gpuEstimates().size());
}

TEST(MemoryPlan, PlansManyRanks) {
    RunConfig config = longRun("ring", 256);
    config.train.seqLen = 1 << 20;
    config.launch.hosts = {"node:256"};
    config.launch.transport = TransportKind::Ssh;
    EXPECT_GT(predictedPeak(planRun(config).value()).bytes(), 0);
}

}  // namespace
}  // namespace ringscope
