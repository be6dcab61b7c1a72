// memory.offload_optimizer and offload_parameters: what waits on the disk comes back as the bits
// that it was, so a run trains the same model.
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/training.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::fromProse;
using test::smallRun;
using test::train;
using test::TrainedRank;

// Norms are added up in another order where a model is held in units.
bool isNear(double norm, double other) {
    return (std::isnan(norm) && std::isnan(other)) || std::abs(norm - other) < 1e-12 * other;
}

class Offload : public ::testing::Test {
protected:
    using Place = OffloadPlace MemoryConfig::*;

    void expectSameBits(RunConfig config, const std::vector<Place>& offloaded) {
        SCOPED_TRACE(std::string(nameOf(config.train.precision)) + ", " +
                     std::string(nameOf(config.train.optimizer)) + ", zero " +
                     std::to_string(config.memory.zero) + ", " +
                     std::to_string(config.parallel.sp) + " ranks");
        config.train.gradClip = 0;
        const BatchSource batches = fromProse(config);
        const std::vector<TrainedRank> expected = train(config, batches);
        for (const Place place : offloaded) config.memory.*place = OffloadPlace::Disk;
        config.memory.offloadFolder = (folder_.path() / "below").string();
        const std::vector<TrainedRank> trained = train(config, batches);
        for (std::size_t rank = 0; rank < trained.size(); ++rank) {
            for (std::size_t step = 0; step < trained[rank].steps.size(); ++step) {
                const StepOutcome& outcome = trained[rank].steps[step];
                const StepOutcome& wanted = expected[rank].steps[step];
                EXPECT_EQ(outcome.record.loss, wanted.record.loss) << step;
                EXPECT_PRED2(isNear, outcome.record.gradNorm, wanted.record.gradNorm) << step;
                EXPECT_EQ(outcome.sent.gradient, wanted.sent.gradient) << step;
            }
            EXPECT_EQ(trained[rank].parameters, expected[rank].parameters);
        }
        EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "below"));
    }

    const std::vector<Place> optimizer{&MemoryConfig::offloadOptimizer};
    const std::vector<Place> parameters{&MemoryConfig::offloadParameters};
    const std::vector<Place> both{&MemoryConfig::offloadOptimizer,
                                  &MemoryConfig::offloadParameters};
    test::TemporaryFolder folder_;
};

// A part of it is more than a piece, and pieces end within parameters.
RunConfig wideRun(int ranks) {
    RunConfig config = smallRun(ranks == 1 ? "none" : "zigzag", ranks);
    config.model = {
        .layers = 1, .hiddenSize = 256, .heads = 4, .kvHeads = 2, .ffnSize = 689, .vocabSize = 257};
    config.train.steps = 3;
    config.train.weightDecay = 0.1;
    return config;
}

TEST_F(Offload, OfTheOptimizerChangesNothingWhereItWorksInPieces) {
    for (const int ranks : {1, 2})
        for (const auto& [precision, kind] : {std::pair{NumberFormat::Fp32, OptimizerKind::AdamW},
                                              {NumberFormat::Bf16, OptimizerKind::AdamW},
                                              {NumberFormat::Bf16, OptimizerKind::AdamW8bit}}) {
            RunConfig config = wideRun(ranks);
            config.train.precision = precision;
            config.train.optimizer = kind;
            expectSameBits(config, optimizer);
        }
}

TEST_F(Offload, OfTheOptimizerChangesNothingAtAnyLevelOfZero) {
    for (const std::int64_t zero : {0, 1, 2, 3})
        for (const NumberFormat precision : {NumberFormat::Fp64, NumberFormat::Fp16}) {
            RunConfig config = smallRun("zigzag", 2);
            config.train.precision = precision;
            config.train.gradAccum = 2;
            config.memory.zero = zero;
            expectSameBits(config, optimizer);
        }
}

TEST_F(Offload, OfParametersChangesNothing) {
    for (const int ranks : {1, 2, 3})
        for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16}) {
            RunConfig config = smallRun(ranks == 1 ? "none" : "ring", ranks);
            config.train.seqLen = 66;
            config.train.precision = precision;
            config.train.gradAccum = 2;
            config.memory.zero = 3;
            expectSameBits(config, parameters);
            expectSameBits(config, both);
        }
}

// Layers run again, several at a time; the head is the embedding.
TEST_F(Offload, OfAllThatThereIsChangesNothing) {
    for (const std::int64_t every : {1, 2}) {
        RunConfig config = wideRun(2);
        config.model.layers = 3;
        config.model.tiedHead = true;
        config.memory.zero = 3;
        config.memory.recompute = Recompute::Layers;
        config.memory.recomputeEvery = every;
        config.train.precision = NumberFormat::Bf16;
        config.train.optimizer = OptimizerKind::AdamW8bit;
        expectSameBits(config, {&MemoryConfig::offloadActivations, &MemoryConfig::offloadOptimizer,
                                &MemoryConfig::offloadParameters});
    }
}

// Their biases move by a rule of their own, which no gradient reaches.
TEST_F(Offload, ChangesNothingForExperts) {
    for (const int sharing : {1, 2})
        for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16}) {
            RunConfig config = smallRun("zigzag", 2);
            config.train.precision = precision;
            config.model.experts = {.count = 4, .perToken = 2, .size = 24, .sharedSize = 16};
            config.model.experts.bias = true;
            config.train.routerBiasStep = 0.01;
            config.parallel.ep = sharing;
            expectSameBits(config, optimizer);
            config.memory.zero = 3;
            expectSameBits(config, both);
        }
}

TEST_F(Offload, FailsBeforeTheFirstStepWhereTheDiskHasNoFolder) {
    RunConfig config = smallRun("none", 1);
    config.memory.offloadOptimizer = OffloadPlace::Disk;
    config.memory.offloadFolder = "/proc/no";
    test::expectNoTrainer(config, "/proc/no");
}

}  // namespace
}  // namespace ringscope
