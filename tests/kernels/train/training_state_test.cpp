// What a checkpoint keeps of a training: whoever takes it back goes on as if nothing had happened.
#include "tests/kernels/comm/rank_threads.h"
#include "tests/kernels/train/training.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

using test::fromProse;
using test::keepState;
using test::runRanks;
using test::smallRun;

constexpr std::int64_t before = 2;  // steps, of four

RunConfig halfway(const std::string& mode, int ranks, NumberFormat precision,
                  OptimizerKind optimizer) {
    RunConfig config = smallRun(mode, ranks);
    config.model.hiddenSize = 64;
    config.model.ffnSize = 96;
    config.train.precision = precision;
    config.train.optimizer = optimizer;
    config.train.weightDecay = 0.1;
    return config;
}

std::string titleOf(const RunConfig& config) {
    return config.parallel.mode + " sp " + std::to_string(config.parallel.sp) + " dp " +
           std::to_string(config.parallel.dp) + " ep " + std::to_string(config.parallel.ep) +
           " zero " + std::to_string(config.memory.zero) + " " +
           std::string(nameOf(config.train.precision)) + " " +
           std::string(nameOf(config.train.optimizer));
}

struct TrainedState {
    TrainingState state{};  // of all ranks, after `before` steps
    std::vector<StepRecord> rest{};
    std::vector<double> parameters{};
    bool skipped = false;
};

void runSteps(Trainer& trainer, std::int64_t first, std::int64_t end, int rank,
              TrainedState& trained) {
    for (std::int64_t index = first; index < end; ++index) {
        const StepOutcome outcome = trainer.step(index).value();
        if (rank != 0) continue;
        trained.skipped = trained.skipped || !outcome.note.empty();
        if (index >= before) trained.rest.push_back(outcome.record);
    }
    std::vector<double> parameters = trainer.parameterValues();
    if (rank == 0) trained.parameters = std::move(parameters);
}

TrainedState uninterrupted(const RunConfig& config) {
    const RunPlan plan = planRun(config).value();
    const BatchSource batches = fromProse(config);
    TrainedState trained;
    runRanks(plan.ranks, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, batches).value();
        for (std::int64_t index = 0; index < before; ++index)
            if (!trainer->step(index).value().note.empty() && group.rank() == 0)
                trained.skipped = true;
        keepState(*trainer, trained.state);
        runSteps(*trainer, before, config.train.steps, group.rank(), trained);
    });
    return trained;
}

TrainedState goneOn(const RunConfig& config, const TrainingState& state) {
    const RunPlan plan = planRun(config).value();
    const BatchSource batches = fromProse(config);
    TrainedState trained;
    runRanks(plan.ranks, [&](Group& group) {
        const auto trainer = Trainer::make(plan, group, batches).value();
        const Result<void> restored = trainer->restore(state);
        ASSERT_TRUE(restored.ok()) << restored.error().message;
        keepState(*trainer, trained.state);
        runSteps(*trainer, before, config.train.steps, group.rank(), trained);
    });
    return trained;
}

void expectTheSameBits(const RunConfig& config, const TrainedState& whole) {
    SCOPED_TRACE(titleOf(config));
    const TrainedState rest = goneOn(config, whole.state);
    ASSERT_EQ(rest.rest.size(), whole.rest.size());
    for (std::size_t i = 0; i < rest.rest.size(); ++i) {
        EXPECT_EQ(rest.rest[i].loss, whole.rest[i].loss) << i;
        EXPECT_EQ(rest.rest[i].gradNorm, whole.rest[i].gradNorm) << i;
    }
    EXPECT_EQ(rest.parameters, whole.parameters);
}

void expectNear(const RunConfig& config, const TrainedState& whole, double limit) {
    SCOPED_TRACE(titleOf(config));
    const TrainedState rest = goneOn(config, whole.state);
    ASSERT_EQ(rest.rest.size(), whole.rest.size());
    for (std::size_t i = 0; i < rest.rest.size(); ++i)
        EXPECT_NEAR(rest.rest[i].loss, whole.rest[i].loss, limit * whole.rest[i].loss) << i;
}

std::int64_t elementsOf(const TrainingState& state, StateKind kind) {
    std::int64_t elements = 0;
    for (const StateSlice& slice : state.slices)
        if (slice.kind == kind) elements += slice.numbers.numel();
    return elements;
}

TEST(TrainingState, GoesOnWithTheSameBitsInItsOwnLayout) {
    for (const std::string mode : {"legacy", "ring", "zigzag", "ulysses", "llama3"})
        for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16})
            for (const OptimizerKind optimizer : {OptimizerKind::AdamW, OptimizerKind::AdamW8bit}) {
                const RunConfig config = halfway(mode, 2, precision, optimizer);
                expectTheSameBits(config, uninterrupted(config));
            }
}

TEST(TrainingState, GoesOnWithNativeSparseAttention) {
    const RunConfig config = test::sparseRun("llama3", 2);
    const TrainedState whole = uninterrupted(config);
    expectTheSameBits(config, whole);
    expectNear(test::sparseRun("ulysses", 4), whole, 1e-10);
    expectNear(test::sparseRun("none", 1), whole, 1e-10);
}

TEST(TrainingState, KeepsTheLossScaleOfFp16) {
    RunConfig config = halfway("zigzag", 2, NumberFormat::Fp16, OptimizerKind::AdamW);
    const TrainedState whole = uninterrupted(config);
    EXPECT_GT(whole.state.progress.lossScale, 0);
    expectTheSameBits(config, whole);
    TrainedState changed = whole;
    changed.state.progress.lossScale = 1;
    EXPECT_EQ(goneOn(config, changed.state).state.progress.lossScale, 1);
}

TEST(TrainingState, HoldsEachElementOnce) {
    for (const std::int64_t zero : {0, 1, 2, 3})
        for (const auto& [sp, dp] : {std::pair(2, 1), {1, 2}, {2, 2}}) {
            RunConfig config = halfway("ring", sp, NumberFormat::Fp32, OptimizerKind::AdamW);
            config.parallel.dp = dp;
            config.memory.zero = zero;
            const TrainedState whole = uninterrupted(config);
            const std::int64_t parameters = planRun(config).value().parameters;
            for (const StateKind kind : {StateKind::Values, StateKind::Mean, StateKind::Square})
                EXPECT_EQ(elementsOf(whole.state, kind), parameters) << titleOf(config);
            expectTheSameBits(config, whole);
        }
}

// What waits on the disk is what others hold in memory: bits do not depend on it, whoever wrote.
TEST(TrainingState, GoesOnWithWhatIsOnTheDisk) {
    const test::TemporaryFolder folder;
    for (const std::int64_t zero : {0, 1, 3})
        for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16})
            for (const OptimizerKind optimizer : {OptimizerKind::AdamW, OptimizerKind::AdamW8bit}) {
                RunConfig inMemory = halfway("zigzag", 2, precision, optimizer);
                inMemory.memory.zero = zero;
                RunConfig onDisk = inMemory;
                onDisk.memory.offloadOptimizer = OffloadPlace::Disk;
                if (zero == 3) onDisk.memory.offloadParameters = OffloadPlace::Disk;
                onDisk.memory.offloadFolder = folder.path().string();
                const TrainedState whole = uninterrupted(onDisk);
                expectTheSameBits(onDisk, whole);
                expectTheSameBits(inMemory, whole);
                expectTheSameBits(onDisk, uninterrupted(inMemory));
            }
}

TEST(TrainingState, GoesOnInAnyOtherLayout) {
    const RunConfig first = halfway("zigzag", 2, NumberFormat::Fp32, OptimizerKind::AdamW);
    const TrainedState whole = uninterrupted(first);
    for (const std::string mode :
         {"none", "legacy", "ring", "striped", "ulysses", "ring-allgather"})
        for (const int ranks : {2, 4}) {
            RunConfig config = first;
            config.parallel.mode = mode;
            config.parallel.sp = mode == "none" ? 1 : ranks;
            expectNear(config, whole, 1e-5);
        }
    for (const std::int64_t zero : {0, 2, 3}) {
        RunConfig config = first;
        config.memory.zero = zero;
        expectNear(config, whole, 1e-5);
    }
}

// Two replicas with a batch each are one that accumulates two.
TEST(TrainingState, GoesOnWithOtherReplicas) {
    RunConfig first = halfway("ring", 2, NumberFormat::Fp32, OptimizerKind::AdamW);
    first.train.gradAccum = 2;
    const TrainedState whole = uninterrupted(first);
    for (const std::int64_t zero : {0, 1, 2, 3}) {
        RunConfig config = first;
        config.train.gradAccum = 1;
        config.parallel.dp = 2;
        config.memory.zero = zero;
        expectNear(config, whole, 1e-5);
    }
}

TEST(TrainingState, GoesOnWithMoreBitsOrFewer) {
    const RunConfig first = halfway("zigzag", 2, NumberFormat::Bf16, OptimizerKind::AdamW);
    const TrainedState whole = uninterrupted(first);
    RunConfig config = first;
    config.train.precision = NumberFormat::Fp32;
    expectNear(config, whole, 1e-3);  // of bf16's products
    const TrainedState exact =
        uninterrupted(halfway("zigzag", 2, NumberFormat::Fp32, OptimizerKind::AdamW));
    config.train.precision = NumberFormat::Fp64;
    expectNear(config, exact, 1e-5);
}

RunConfig sharedExperts(int sp, int ep) {
    RunConfig config = halfway("zigzag", sp, NumberFormat::Fp32, OptimizerKind::AdamW);
    config.model.layerPattern = {"dense", "experts"};
    config.model.experts = {.count = 8, .perToken = 2, .size = 24, .sharedSize = 16};
    config.model.experts.normalized = true;
    config.train.routerBiasStep = 0.001;
    config.parallel.ep = ep;
    return config;
}

TEST(TrainingState, GoesOnWithExpertsOnOtherRanks) {
    const RunConfig first = sharedExperts(4, 2);
    const TrainedState whole = uninterrupted(first);
    expectTheSameBits(first, whole);
    for (const auto& [sp, ep] : {std::pair(4, 4), {2, 2}, {2, 1}, {4, 1}})
        for (const std::int64_t zero : {1, 3}) {
            RunConfig config = sharedExperts(sp, ep);
            config.memory.zero = zero;
            expectNear(config, whole, 1e-5);
        }
}

// Blocks of 8 bits that slices cut are rounded once more; all others keep their codes.
TEST(TrainingState, KeepsEightBitsInAnotherLayout) {
    const RunConfig first = halfway("zigzag", 2, NumberFormat::Fp32, OptimizerKind::AdamW8bit);
    const TrainedState whole = uninterrupted(first);
    EXPECT_GT(std::ranges::count_if(whole.state.slices, &StateSlice::eightBit), 8);
    for (const auto& [ranks, zero] : {std::pair(2, 0), {4, 1}, {2, 2}, {4, 3}}) {
        RunConfig config = first;
        config.parallel.sp = ranks;
        config.memory.zero = zero;
        expectNear(config, whole, 1e-5);
    }
    RunConfig plain = first;
    plain.train.optimizer = OptimizerKind::AdamW;
    expectNear(plain, whole, 1e-3);
    const TrainedState inFull = uninterrupted(plain);
    expectNear(first, inFull, 1e-3);
}

TEST(TrainingState, ComesBackAsItWasAfterAWayThroughOtherLayouts) {
    for (const OptimizerKind optimizer : {OptimizerKind::AdamW, OptimizerKind::AdamW8bit}) {
        const RunConfig first = halfway("zigzag", 2, NumberFormat::Fp32, optimizer);
        const TrainedState whole = uninterrupted(first);
        RunConfig other = first;
        other.parallel.sp = 1;
        other.parallel.mode = "none";
        const TrainingState back = goneOn(other, whole.state).state;
        if (optimizer == OptimizerKind::AdamW)
            expectTheSameBits(first, {back, whole.rest, whole.parameters});
        else
            expectNear(first, {back, whole.rest}, 1e-5);
    }
}

TEST(TrainingState, NamesWhatIsMissing) {
    const RunConfig config = halfway("ring", 2, NumberFormat::Fp32, OptimizerKind::AdamW);
    TrainingState state = uninterrupted(config).state;
    const std::string lost = state.slices.back().parameter;
    std::erase_if(state.slices, [&](const StateSlice& slice) {
        return slice.kind == StateKind::Square && slice.parameter == lost;
    });
    runRanks(1, [&](Group& group) {
        RunConfig alone = config;
        alone.parallel.mode = "none";
        const auto trainer = Trainer::make(planRun(alone).value(), group, fromProse(alone)).value();
        const Result<void> restored = trainer->restore(state);
        ASSERT_FALSE(restored.ok());
        EXPECT_EQ(restored.error().message, "the checkpoint lacks element 0 of " + lost +
                                                " or its optimizer's state; take another one");
    });
}

}  // namespace
}  // namespace ringscope
