#include "backend/simulate/prediction.h"

#include "backend/plan/adapter_plan.h"
#include "backend/simulate/symmetry.h"
#include "tests/backend/simulate/planned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

using ::testing::HasSubstr;

const Machine& machine() {
    static const Machine h100 = findMachine("h100-8x").value();
    return h100;
}

StepTimes everyLayerOf(const RunPlan& plan) {
    const StepCosts costs = StepCosts::of(plan, machine(), {}).value();
    const Symmetry symmetry = symmetryOf(costs).value();
    const SimulatedStep step =
        simulateStep(tapesOf(costs, symmetry, wholeStep(plan)), machine(), false);
    return {.stepNanos = step.nanos, .mean = step.mean()};
}

TEST(Prediction, AFewLayersTellWhatAllOfThemTake) {
    for (const char* mode : {"ring", "zigzag", "ulysses", "usp", "llama3", "ring-allgather"})
        for (const bool divided : {true, false}) {
            SCOPED_TRACE(mode);
            RunConfig config = llama8b();
            config.train.seqLen = 32768;
            config.train.gradAccum = 5;
            if (!divided) config.memory = {};
            const RunPlan plan = plannedOn(config, machine(), mode, 8);
            const StepTimes few = predictTimes(plan, machine()).value();
            const auto all = static_cast<double>(everyLayerOf(plan).stepNanos);
            EXPECT_NEAR(static_cast<double>(few.stepNanos) / all, 1, 0.005);
            EXPECT_EQ(few.mean.step(), few.stepNanos);
        }
}

TEST(Prediction, FlopsSayWhatTheyCount) {
    const RunPlan plan = plannedOn(llama8b(), machine(), "zigzag", 8);
    const StepFlops flops = stepFlops(plan);
    // 12 h S (S + 1) and 24 h S² of attention: half of the pairs, and all of them.
    const double attention = 14.0 * 65536 * 65536 * 32 * 128 * 32;
    EXPECT_NEAR((flops.full - flops.causal) / (attention / 2), 1, 1e-3);
    EXPECT_NEAR(flops.withRecompute / flops.causal, 4.0 / 3, 0.06);
}

TEST(Prediction, AKernelOrATypeWithoutATableIsRefused) {
    RunConfig config = llama8b();
    const RunPlan plan = plannedOn(config, machine(), "zigzag", 8);
    EXPECT_THAT(predictRun(plan, machine(), "fa9").error().message,
                HasSubstr("has no attention kernel 'fa9'; it has fa3, fa2, cudnn, sdpa"));
    config.train.precision = NumberFormat::Fp64;
    EXPECT_THAT(predictRun(plannedOn(config, machine(), "zigzag", 8), machine()).error().message,
                HasSubstr("use train.precision bf16 or fp16"));
}

// A long sequence, whose dense attention is most of the step.
TEST(Prediction, APatternOfALongSequenceIsFasterThanAllKeys) {
    RunConfig config = llama8b();
    config.train.seqLen = 262144;
    const auto seconds = [&](const PatternConfig& pattern) {
        config.attention.pattern = pattern;
        return predictRun(plannedOn(config, machine(), "zigzag", 8), machine()).value().seconds();
    };
    const double dense = seconds({});
    EXPECT_LT(seconds({.kind = PatternKind::BlockSparse, .block = 4096, .local = 3}), 0.6 * dense);
    EXPECT_LT(seconds({.kind = PatternKind::Dilated, .segments = {32768, 262144}, .rates = {1, 8}}),
              0.6 * dense);
    EXPECT_LT(seconds({.kind = PatternKind::BlockSparse, .block = 4096, .topK = 8}), dense);
}

// As many pairs of small blocks are more means to score and more rows to gather.
TEST(Prediction, ChoosingSmallBlocksTakesLonger) {
    RunConfig config = llama8b();
    const auto attention = [&](const PatternConfig& pattern) {
        config.attention.pattern = pattern;
        const RunPlan plan = plannedOn(config, machine(), "ulysses", 8);
        return predictTimes(plan, machine()).value().mean.attention;
    };
    EXPECT_GT(attention({.kind = PatternKind::BlockSparse, .block = 128, .topK = 32}),
              attention({.kind = PatternKind::BlockSparse, .block = 1024, .topK = 4}));
}

TEST(Prediction, OfAdaptersComputesNoGradientOfWhatIsFrozen) {
    RunConfig config = llama8b();
    config.memory.recompute = Recompute::None;
    config.memory.zero = 0;
    const auto computes = [&](AdapterKind kind, std::int64_t rank) {
        config.adapter.kind = kind;
        config.adapter.rank = rank;
        const RunPlan plan = plannedOn(config, machine(), "ulysses", 8);
        return predictTimes(plan, machine()).value().mean;
    };
    const RankTimes all = computes(AdapterKind::None, 8);
    const RankTimes lora = computes(AdapterKind::Lora, 8);
    // Products twice instead of three times; passes over activations are the same.
    EXPECT_LT(static_cast<double>(lora.compute), 0.85 * static_cast<double>(all.compute));
    EXPECT_GT(static_cast<double>(lora.compute), 0.6 * static_cast<double>(all.compute));
    EXPECT_NEAR(static_cast<double>(lora.attention) / static_cast<double>(all.attention), 1, 1e-3);
    EXPECT_LT(lora.exposed, all.exposed / 4);
    EXPECT_GT(computes(AdapterKind::Lora, 256).compute, lora.compute);
}

TEST(Prediction, AdaptersOfExpertsCostWhatTokensAreMultipliedWith) {
    RunConfig config = llama8b();
    config.memory = {};
    config.model.experts = {.count = 8, .perToken = 2, .size = 4096, .normalized = true};
    config.adapter = {.kind = AdapterKind::Lora, .rank = 16};
    const auto planned = [&](std::vector<std::string> targets) {
        config.adapter.targets = std::move(targets);
        return plannedOn(config, machine(), "ulysses", 8);
    };
    const auto compute = [&](const RunPlan& plan) {
        return predictTimes(plan, machine()).value().mean.compute;
    };
    const RunPlan attention = planned({"q_proj"});
    const RunPlan experts = planned({"q_proj", "w1", "w2", "w3"});
    const auto added =
        static_cast<double>(multipliedAdapters(experts) - multipliedAdapters(attention));
    EXPECT_EQ(added, 32 * 2 * 16 * 3 * (4096.0 + 4096.0));
    const double tokens = 65536;
    EXPECT_NEAR((experts.flopsPerStep - attention.flopsPerStep) / (6 * tokens * added), 1, 1e-6);
    // The products alone, at the most that the machine computes.
    EXPECT_GT(compute(experts) - compute(attention), 6 * tokens / 8 * added / 989e12 * 1e9);
}

TEST(Prediction, NumbersInFourBitsAreMadeForEachProduct) {
    RunConfig config = llama8b();
    config.memory = {};
    Machine cpu = machine();
    cpu.device.kind = DeviceKind::Cpu;
    cpu.device.cores = 64;
    const auto compute = [&](AdapterKind kind) {
        config.adapter.kind = kind;
        return predictTimes(plannedOn(config, cpu, "ulysses", 8), cpu).value().mean.compute;
    };
    const StepCosts costs = StepCosts::of(plannedOn(config, cpu, "ulysses", 8), cpu, {}).value();
    // 8192 rows of a rank are 8 chunks; each makes the layers' 7 billion numbers, forward and back.
    const std::int64_t numbers = std::int64_t{218'103'808} * 32;
    EXPECT_GT(compute(AdapterKind::Qlora) - compute(AdapterKind::Lora),
              2 * 7 * costs.passOver(numbers * 10));
    config.adapter.kind = AdapterKind::Qlora;
    EXPECT_EQ(
        predictRun(plannedOn(config, machine(), "zigzag", 8), machine()).error().message,
        "adapter.kind qlora makes numbers of 4 bits on the host's processor, of which machine "
        "h100-8x says nothing; use lora");
}

TEST(Prediction, RanksThatDoNotDivideIntoGroupsAreRefused) {
    RunConfig config = llama8b();
    config.parallel.dp = 3;
    EXPECT_THAT(onMachine(config, machine(), 8).error().message,
                HasSubstr("8 ranks do not divide into parallel.dp 3 groups"));
}

TEST(Prediction, MoreRanksThanARunMayHaveArePlanned) {
    RunConfig config = llama8b();
    config.parallel.dp = 1250;
    const RunPlan plan = plannedOn(config, machine(), "zigzag", 10000);
    const Prediction prediction = predictRun(plan, machine()).value();
    EXPECT_EQ(prediction.ranks, 10000);
    EXPECT_EQ(prediction.sequenceRanks, 8);
    EXPECT_EQ(prediction.tokens, 65536 * 1250);
    EXPECT_FALSE(planRun(plan.config).ok());
}

TEST(Prediction, ActivationsOnTheHostCostWhatTheyMoveOrAreHidden) {
    RunConfig config = llama8b();
    const RunPlan kept = plannedOn(config, machine(), "ulysses", 8);
    config.memory.offloadActivations = OffloadPlace::Host;
    const RunPlan moved = plannedOn(config, machine(), "ulysses", 8);
    const StepTimes before = predictTimes(kept, machine()).value();
    EXPECT_GE(predictTimes(moved, machine()).value().stepNanos, before.stepNanos);
    Machine slow = machine();
    slow.host.memoryBandwidth /= 100;
    const StepTimes waiting = predictTimes(moved, slow).value();
    EXPECT_GT(waiting.mean.moves, before.stepNanos);
}

}  // namespace
}  // namespace ringscope::test
