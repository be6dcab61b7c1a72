// memory.*: whatever a rank keeps, computes again or fetches again, it trains the same model, and
// sends what the plan says.
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/family_models.h"
#include "tests/kernels/train/training.h"
#include "tests/support/covering.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

namespace ringscope {
namespace {

using test::fromProse;
using test::packedProse;
using test::shardedModes;
using test::smallRun;
using test::train;
using test::TrainedRank;

RunConfig threeLayers(const std::string& mode, int ranks) {
    RunConfig config = smallRun(mode, ranks);
    config.model.layers = 3;
    config.train.steps = 2;
    return config;
}

std::string named(const RunConfig& config) {
    const MemoryConfig& memory = config.memory;
    return config.parallel.mode + ", " + std::to_string(config.parallel.sp) + " ranks, zero " +
           std::to_string(memory.zero) + ", recompute " + std::string(nameOf(memory.recompute)) +
           " " + std::to_string(memory.recomputeEvery) + ", tile " +
           std::to_string(memory.tileMlp.value_or(0));
}

// Relative, of losses and norms; absolute, of parameters. 0: the same bits.
void expectSame(const RunConfig& config, const BatchSource& batches, const TrainedRank& expected,
                double limit) {
    SCOPED_TRACE(named(config));
    const Result<RunPlan> plan = planRun(config);
    ASSERT_TRUE(plan.ok()) << plan.error().message;
    const std::vector<TrainedRank> trained = train(config, batches);
    std::int64_t busiest = 0;
    for (const TrainedRank& rank : trained) {
        for (std::size_t step = 0; step < expected.steps.size(); ++step) {
            const StepRecord& wanted = expected.steps[step].record;
            const StepRecord& actual = rank.steps[step].record;
            EXPECT_NEAR(actual.loss, wanted.loss, limit * wanted.loss) << step;
            EXPECT_NEAR(actual.gradNorm, wanted.gradNorm, 10 * limit * wanted.gradNorm) << step;
            EXPECT_EQ(rank.steps[step].sent.gradient, plan->gradientBytesPerStep);
            EXPECT_EQ(rank.steps[step].expertUse, expected.steps[step].expertUse);
            busiest = std::max(busiest, rank.steps[step].sent.attention);
        }
        for (std::size_t i = 0; i < expected.parameters.size(); ++i)
            ASSERT_NEAR(rank.parameters[i], expected.parameters[i], limit) << i;
    }
    EXPECT_EQ(busiest, plan->attentionBytesPerStep);
}

std::vector<MemoryConfig> allSettings() {
    std::vector<MemoryConfig> all;
    for (const std::int64_t zero : {0, 1, 2, 3})
        for (const auto& [recompute, every] : {std::pair{Recompute::None, 1},
                                               {Recompute::AttentionKept, 1},
                                               {Recompute::Layers, 1},
                                               {Recompute::Layers, 2}})
            all.push_back({.zero = zero, .recompute = recompute, .recomputeEvery = every});
    return all;
}

// Each level and each way to recompute, not all pairs of them.
std::vector<MemoryConfig> someSettings() {
    std::vector<MemoryConfig> some;
    for (const auto& [zero, recompute, every] : {std::tuple{0, Recompute::None, 1},
                                                 {1, Recompute::Layers, 1},
                                                 {2, Recompute::AttentionKept, 1},
                                                 {3, Recompute::None, 1},
                                                 {3, Recompute::Layers, 2}})
        some.push_back({.zero = zero, .recompute = recompute, .recomputeEvery = every});
    return some;
}

// Two batches a step, documents, dropout.
TEST(MemorySettings, ChangeNothingUnderAnyMode) {
    for (const std::string& mode : shardedModes()) {
        RunConfig config = threeLayers(mode, 2);
        config.data.packing = true;
        config.attention.dropout = 0.1;
        config.train.gradAccum = 2;
        const BatchSource batches = packedProse(config);
        const TrainedRank expected = train(config, batches).front();
        for (const MemoryConfig& memory : mode == "zigzag" ? allSettings() : someSettings()) {
            config.memory = memory;
            expectSame(config, batches, expected, 1e-10);
        }
        config.memory.tileMlp = 5;
        config.memory.tileLoss = 7;
        expectSame(config, batches, expected, 1e-10);
    }
}

// One batch a step: only memory moves. Settings are in turn in four bytes and in two.
TEST(MemorySettings, GiveTheSameBitsWhereSumsKeepTheirOrder) {
    for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16}) {
        RunConfig config = threeLayers("zigzag", 4);
        config.train.precision = precision;
        config.train.gradClip = 0;  // the norm is added up in another order
        const BatchSource batches = fromProse(config);
        const TrainedRank expected = train(config, batches).front();
        std::size_t index = precision == NumberFormat::Fp32 ? 0 : 1;
        for (const MemoryConfig& memory : allSettings()) {
            if (index++ % 2 != 0 && !test::wantsAllCombinations()) continue;
            config.memory = memory;
            SCOPED_TRACE(named(config));
            for (const TrainedRank& rank : train(config, batches)) {
                for (std::size_t step = 0; step < expected.steps.size(); ++step)
                    EXPECT_EQ(rank.steps[step].record.loss, expected.steps[step].record.loss);
                EXPECT_EQ(rank.parameters, expected.parameters);
            }
        }
    }
}

// No unit of the model has a multiple of three scalars.
TEST(MemorySettings, ChangeNothingWhereUnitsArePadded) {
    RunConfig config = threeLayers("ring", 3);
    config.model.vocabSize = 131;
    config.model.ffnSize = 47;
    config.train.seqLen = 66;
    const BatchSource batches = fromProse(config);
    const TrainedRank expected = train(config, batches).front();
    for (const std::int64_t zero : {0, 2, 3}) {
        config.memory.zero = zero;
        expectSame(config, batches, expected, 1e-10);
    }
}

TEST(MemorySettings, ChangeNothingOnOneRank) {
    RunConfig config = threeLayers("none", 1);
    const BatchSource batches = fromProse(config);
    const TrainedRank expected = train(config, batches).front();
    for (const MemoryConfig& memory : allSettings()) {
        config.memory = memory;
        expectSame(config, batches, expected, 1e-12);
    }
}

TEST(MemorySettings, ChangeNothingForNativeSparseAttention) {
    for (const std::string& mode : test::sparseModes()) {
        RunConfig config = test::sparseRun(mode, 2);
        config.train.steps = 2;
        const BatchSource batches = fromProse(config);
        const TrainedRank expected = train(config, batches).front();
        for (const MemoryConfig& memory : mode == "llama3" ? allSettings() : someSettings()) {
            config.memory = memory;
            expectSame(config, batches, expected, 1e-10);
        }
    }
}

TEST(MemorySettings, ChangeNothingForReplicas) {
    RunConfig config = threeLayers("ring", 2);
    config.parallel.dp = 2;
    const BatchSource batches = fromProse(config);
    const TrainedRank expected = train(config, batches).front();
    for (const MemoryConfig& memory : allSettings()) {
        config.memory = memory;
        expectSame(config, batches, expected, 1e-10);
    }
}

// The inputs of layers come back from the disk as the bits that they were.
TEST(MemorySettings, ChangeNothingWhereActivationsWaitOnTheDisk) {
    const test::TemporaryFolder folder;
    RunConfig config = threeLayers("zigzag", 2);
    config.train.gradAccum = 2;
    config.train.precision = NumberFormat::Bf16;
    config.memory.recompute = Recompute::Layers;
    for (const std::int64_t every : {1, 2}) {
        config.memory.recomputeEvery = every;
        config.memory.offloadActivations = OffloadPlace::None;
        const BatchSource batches = fromProse(config);
        const TrainedRank expected = train(config, batches).front();
        config.memory.offloadActivations = OffloadPlace::Disk;
        config.memory.offloadFolder = (folder.path() / "below").string();
        expectSame(config, batches, expected, 0);
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path() / "below"));
}

TEST(MemorySettings, FailBeforeTheFirstStepWhereTheDiskHasNoFolderForThem) {
    RunConfig config = threeLayers("none", 1);
    config.memory.recompute = Recompute::Layers;
    config.memory.offloadActivations = OffloadPlace::Disk;
    config.memory.offloadFolder = "/proc/no";
    test::expectNoTrainer(config, "/proc/no");
}

// Experts on some ranks, routers with a loss of their own, a head that is the embedding.
TEST(MemorySettings, ChangeNothingForExperts) {
    RunConfig config = threeLayers("zigzag", 4);
    config.model.layerPattern = {"dense", "experts", "experts"};
    config.model.experts = {.count = 8, .perToken = 2, .size = 24, .sharedSize = 16};
    config.model.experts.normalized = true;
    config.model.tiedHead = true;
    config.train.routerAuxLoss = 0.02;
    for (const int sharing : {1, 4}) {
        config.parallel.ep = sharing;
        config.memory = {};
        const BatchSource batches = fromProse(config);
        const TrainedRank expected = train(config, batches).front();
        for (MemoryConfig memory : someSettings()) {
            memory.tileMlp = 3;
            config.memory = memory;
            expectSame(config, batches, expected, 1e-9);
        }
    }
}

class MemoryOfFamily : public ::testing::TestWithParam<std::string> {};

TEST_P(MemoryOfFamily, IsSavedWithoutChangingTheModel) {
    const TokenBatch batch = test::familyBatch(GetParam());
    const BatchSource batches = [&](std::int64_t, std::int64_t) { return batch; };
    RunConfig config = test::familyRun(GetParam(), NumberFormat::Fp64, 2);
    const TrainedRank expected = train(config, batches).front();
    for (const char* mode : {"ring", "ulysses"}) {
        config.parallel.mode = mode;
        config.parallel.sp = 2;
        if (!planRun(config).ok()) continue;
        for (const MemoryConfig& memory :
             {MemoryConfig{.zero = 3, .recompute = Recompute::Layers, .tileMlp = 3, .tileLoss = 2},
              MemoryConfig{.zero = 2, .recompute = Recompute::AttentionKept},
              MemoryConfig{.zero = 3, .recompute = Recompute::Layers, .recomputeEvery = 2}}) {
            config.memory = memory;
            expectSame(config, batches, expected, 1e-8);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Of, MemoryOfFamily, ::testing::ValuesIn(test::modelFamilies()),
                         test::familyTestName);

}  // namespace
}  // namespace ringscope
