#include "backend/plan/run_plan.h"

#include "backend/model/parameter_list.h"
#include "backend/plan/mode_table.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringscope {
namespace {

RunConfig config(const std::string& mode, std::int64_t sp) {
    RunConfig config;
    config.parallel.mode = mode;
    config.parallel.sp = sp;
    return config;
}

TEST(RunPlan, AddsUpLayersAndAccumulationSteps) {
    RunConfig once = config("ring", 4);
    RunConfig twice = once;
    twice.train.gradAccum = 2;
    const RunPlan plan = planRun(once).value();
    EXPECT_EQ(plan.attentionBytesPerStep, sentBytes(plan.schedule(), 2) * once.model.layers);
    EXPECT_EQ(planRun(twice).value().attentionBytesPerStep, 2 * plan.attentionBytesPerStep);
    // Gradients are summed once a step, however many pieces it was accumulated from.
    EXPECT_EQ(planRun(twice).value().gradientBytesPerStep, plan.gradientBytesPerStep);
}

TEST(RunPlan, CountsTheModelsParameters) {
    ModelConfig model;  // 4 layers, hidden 256, 8 heads, 4 key/value heads, ffn 688, 256 bytes
    const std::int64_t layer = 2 * 256 * 256 + 2 * 256 * 128 + 3 * 256 * 688 + 2 * 256;
    EXPECT_EQ(parameterCount(model), 2 * 256 * 256 + 4 * layer + 256);
    model.tiedHead = true;
    EXPECT_EQ(parameterCount(model), 256 * 256 + 4 * layer + 256);
}

TEST(RunPlan, SumsSharedExpertsOverTheRanksThatHoldTheSame) {
    RunConfig experts = config("ring", 4);
    experts.model.experts = {.count = 8, .perToken = 2, .size = 96};
    const RunPlan whole = planRun(experts).value();
    EXPECT_EQ(whole.mostExpertBytesPerStep, 0);
    experts.parallel.ep = 2;
    const RunPlan shared = planRun(experts).value();
    const std::int64_t inExperts = 4 * 8 * 3 * 96 * 256;
    EXPECT_EQ(shared.gradientBytesPerStep,
              8 * (3 * ((shared.parameters - inExperts) / 4) + inExperts / 2 / 2));
    EXPECT_LT(shared.gradientBytesPerStep, whole.gradientBytesPerStep);
    // 256 tokens with two experts each, half of them on the other rank; 4 rows each way.
    const std::int64_t counts = 4 * 4 * 8;
    EXPECT_EQ(shared.expertBytesPerStep, counts + 4 * 2 * (256 + 256) * 256 * 4);
    EXPECT_EQ(shared.mostExpertBytesPerStep, counts + 4 * 2 * (512 + 512) * 256 * 4);
    EXPECT_EQ(ranksOf(expertRanksOf(shared, 3)), (std::vector<int>{2, 3}));
    EXPECT_EQ(ranksOf(sameExpertsOf(shared, 3)), (std::vector<int>{1, 3}));
    experts.parallel.mode = "none";
    EXPECT_EQ(planRun(experts).value().expertRanks, 1);
}

// A planner of other ranks than the experiment's changes sp after the file was checked.
TEST(RunPlan, SharesNoExpertsOutOverFewerRanks) {
    RunConfig experts = config("ring", 2);
    experts.model.experts = {.count = 8, .perToken = 2, .size = 96};
    experts.parallel.ep = 4;
    EXPECT_EQ(planRun(experts).error().message,
              "parallel.ep 4 divides 2 ranks and 8 experts into no equal parts; use an ep that "
              "does");
}

TEST(RunPlan, CountsWhatIsSentAgain) {
    RunConfig asked = config("ring", 4);
    const RunPlan once = planRun(asked).value();
    asked.memory.recompute = Recompute::AttentionKept;
    EXPECT_EQ(planRun(asked).value().attentionBytesPerStep, once.attentionBytesPerStep);
    asked.memory.recompute = Recompute::Layers;
    std::int64_t busiest = 0;
    for (int rank = 0; rank < 4; ++rank) {
        const RankSchedule steps = stepsOf(once.schedule(), rank);
        busiest = std::max(busiest, sentBytes(steps) + sentBytes(steps.forward));
    }
    EXPECT_EQ(planRun(asked).value().attentionBytesPerStep, asked.model.layers * busiest);
}

// 4 ranks, fp32: a slice is a quarter, and each rank sends three of them.
TEST(RunPlan, CountsWhatDividingStatesSends) {
    RunConfig asked = config("ring", 4);
    asked.train.gradAccum = 2;
    const ModelConfig& model = asked.model;
    const std::int64_t table = model.vocabSize * model.hiddenSize;
    const std::int64_t layer = 2 * 256 * 256 + 2 * 256 * 128 + 3 * 256 * 688 + 2 * 256;
    const auto sent = [](std::int64_t scalars) { return 3 * (scalars / 4) * 4; };
    const std::int64_t sums = sent(table) + 4 * sent(layer) + sent(table + 256);
    const auto bytes = [&](std::int64_t zero, Recompute recompute, std::int64_t every = 1) {
        asked.memory.zero = zero;
        asked.memory.recompute = recompute;
        asked.memory.recomputeEvery = every;
        return planRun(asked).value().gradientBytesPerStep;
    };
    EXPECT_EQ(bytes(0, Recompute::None), 2 * sums);
    EXPECT_EQ(bytes(1, Recompute::None), 2 * sums);
    EXPECT_EQ(bytes(2, Recompute::None), 2 * sums + sums);
    const std::int64_t gathers = sent(table) + 4 * 2 * sent(layer) + sent(table + 256);
    EXPECT_EQ(bytes(3, Recompute::None), 2 * sums + 2 * gathers);
    EXPECT_EQ(bytes(3, Recompute::Layers), 2 * sums + 2 * gathers);
    EXPECT_EQ(bytes(3, Recompute::Layers, 2), 2 * sums + 2 * (gathers + 2 * sent(layer)));
    EXPECT_EQ(bytes(3, Recompute::Layers, 9), 2 * sums + 2 * (gathers + 3 * sent(layer)));
}

TEST(RunPlan, NeedsTheSameFlopsUnderEveryMode) {
    const double reference = planRun(config("none", 1)).value().flopsPerStep;
    EXPECT_GT(reference, 1e9);
    for (const std::string& mode : modeNames())
        EXPECT_DOUBLE_EQ(planRun(config(mode, 4)).value().flopsPerStep, reference) << mode;
}

TEST(RunPlan, CountsOnlyTheWorkThatAWindowLeaves) {
    RunConfig windowed = config("none", 1);
    windowed.attention.window = 100;
    const RunPlan whole = planRun(config("none", 1)).value();
    const RunPlan reference = planRun(windowed).value();
    // 1024 queries see 101 keys each, but for the first hundred.
    EXPECT_EQ(attendedPairs(reference.schedule(), 0), (1024 * 101 - 100 * 101 / 2) * 8);
    EXPECT_LT(reference.flopsPerStep, whole.flopsPerStep);
    for (const std::string& mode : modeNames()) {
        windowed.parallel.mode = mode;
        windowed.parallel.sp = 4;
        EXPECT_DOUBLE_EQ(planRun(windowed).value().flopsPerStep, reference.flopsPerStep) << mode;
    }
}

TEST(RunPlan, LimitsWhatIsSeenToTheRightOfAToken) {
    RunConfig windowed = config("none", 1);
    windowed.attention.causal = false;
    windowed.attention.window = 100;
    windowed.attention.windowRight = 30;
    // All but the first hundred see 100 before, all but the last thirty 30 after.
    EXPECT_EQ(attendedPairs(planRun(windowed).value().schedule(), 0),
              (1024 * 131 - 100 * 101 / 2 - 30 * 31 / 2) * 8);
    windowed.attention.causal = true;
    const RunPlan causal = planRun(windowed).value();
    ASSERT_EQ(causal.notes.size(), 1U);
    EXPECT_EQ(causal.notes[0],
              "attention.window_right changes nothing while attention.causal is true");
    windowed.attention.windowRight.reset();
    EXPECT_EQ(causal.flopsPerStep, planRun(windowed).value().flopsPerStep);
}

TEST(RunPlan, RefusesOnAGpuWhatOnlyTheCpuComputes) {
    RunConfig gpu = config("ring", 2);
    gpu.launch.device = DeviceChoice::Cuda;
    gpu.model.heads = gpu.model.kvHeads = 2;
    gpu.model.hiddenSize = 2 * 256;
    EXPECT_TRUE(planRun(gpu).ok());
    gpu.model.hiddenSize = 2 * 258;
    EXPECT_EQ(planRun(gpu).error().message,
              "model.hidden_size / model.heads is 258 and attention on a GPU takes heads of up to "
              "256; use more heads or launch.device cpu");
    gpu.launch.device = DeviceChoice::Cpu;
    EXPECT_TRUE(planRun(gpu).ok());
}

TEST(RunPlan, PlansEveryMaskAndRuleForAGpu) {
    RunConfig gpu = config("zigzag", 2);
    gpu.attention.window = 8;
    gpu.attention.alibi = true;
    gpu.attention.softcap = 30;
    gpu.attention.dropout = 0.1;
    gpu.data.packing = true;
    const RunPlan onCpu = planRun(gpu).value();
    gpu.launch.device = DeviceChoice::Cuda;
    const RunPlan onGpu = planRun(gpu).value();
    EXPECT_EQ(onGpu.attentionBytesPerStep, onCpu.attentionBytesPerStep);
    EXPECT_EQ(onGpu.flopsPerStep, onCpu.flopsPerStep);
}

TEST(RunPlan, RunsNoneOnOneRankAndSaysThatSpIsNotUsed) {
    const RunPlan plan = planRun(config("none", 4)).value();
    EXPECT_EQ(plan.ranks, 1);
    ASSERT_EQ(plan.notes.size(), 1U);
    EXPECT_EQ(plan.notes[0], "mode none runs on one rank; parallel.sp = 4 is not used");
}

TEST(RunPlan, PadsALengthThatTheModeCannotCut) {
    RunConfig odd = config("zigzag", 4);
    odd.train.seqLen = 1026;
    const RunPlan plan = planRun(odd).value();
    EXPECT_EQ(plan.attention.tokens, 1032);
    EXPECT_EQ(plan.padding, 6);
    ASSERT_EQ(plan.notes.size(), 1U);
    EXPECT_EQ(plan.notes[0],
              "1,026 tokens are padded to 1,032, which zigzag cuts into 8 equal parts; padding has "
              "no label, is seen by no token and is not counted in tokens/s");
    odd.parallel.mode = "none";
    const RunPlan unsharded = planRun(odd).value();
    EXPECT_EQ(unsharded.padding, 0);
    EXPECT_DOUBLE_EQ(plan.flopsPerStep, unsharded.flopsPerStep);
}

TEST(RunPlan, PadsAsTheGroupsOfRanksNeed) {
    RunConfig odd = config("usp", 6);
    odd.model.heads = odd.model.kvHeads = 6;
    odd.model.headSize = 32;
    odd.parallel.ulysses = 3;
    odd.train.seqLen = 50;
    EXPECT_EQ(planRun(odd).value().attention.tokens, 60);  // two places, six parts each
    odd.parallel.ulysses = 6;
    EXPECT_EQ(planRun(odd).value().attention.tokens, 54);
    odd.parallel.ulysses = 4;
    EXPECT_FALSE(planRun(odd).ok());
}

TEST(RunPlan, HidesPaddingWhereNoCausalMaskDoes) {
    RunConfig odd = config("ring", 4);
    odd.train.seqLen = 1026;
    EXPECT_FALSE(planRun(odd).value().schedule().cut);
    odd.attention.causal = false;
    const RunPlan plan = planRun(odd).value();
    EXPECT_TRUE(plan.schedule().cut);
    EXPECT_EQ(plan.schedule().mask.documents, (std::vector<std::int64_t>{0, 1026, 1028}));
    EXPECT_TRUE(plan.parts.front().mask.documents.empty());
}

RunConfig latentConfig(const std::string& mode) {
    RunConfig latent = config(mode, 4);
    latent.model.attention = AttentionKind::Mla;
    latent.model.kvHeads = latent.model.heads;
    latent.model.latent = {.size = 64, .plainSize = 32, .rotarySize = 16, .valueSize = 32};
    return latent;
}

TEST(RunPlan, LetsLatentsTravelWhereTheyAreFewerBytes) {
    for (const std::string& mode : modeNames()) {
        RunConfig latent = latentConfig(mode);
        const bool can = mode != "none" && mode != "legacy" && mode != "ulysses" && mode != "usp";
        const RunPlan plan = planRun(latent).value();
        EXPECT_EQ(plan.schedule().latent, can) << mode;
        latent.parallel.mlaKeys = MlaKeys::Expanded;
        const RunPlan expanded = planRun(latent).value();
        EXPECT_FALSE(expanded.schedule().latent) << mode;
        EXPECT_EQ(plan.expandedBytesPerStep, can ? expanded.attentionBytesPerStep : 0) << mode;
        latent.parallel.mlaKeys = MlaKeys::Auto;
        latent.model.latent.size = 800;  // more than 2 * 8 heads * 48 columns
        EXPECT_FALSE(planRun(latent).value().schedule().latent) << mode;
        latent.parallel.mlaKeys = MlaKeys::Latent;
        EXPECT_EQ(planRun(latent).value().schedule().latent, can) << mode;
    }
}

TEST(RunPlan, SaysWhatLatentsSave) {
    const RunPlan plan = planRun(latentConfig("zigzag")).value();
    ASSERT_EQ(plan.notes.size(), 1U);
    EXPECT_EQ(plan.notes[0],
              "keys and values travel as latents of 80 columns a token: attention sends 2.81 MiB a "
              "step; expanded to heads it would send 27.0 MiB (parallel.mla_keys)");
}

TEST(RunPlan, NamesEveryReasonAtOnce) {
    RunConfig wrong = config("zigzag", 4);
    wrong.profile.cupti = CuptiUse::On;
    wrong.parallel.dp = 1024;
    const Result<RunPlan> plan = planRun(wrong);
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().code, ErrorCode::InvalidConfig);
    for (const char* reason : {"profile.cupti",
                               "parallel.sp (4) × parallel.dp (1024) are 4,096 ranks; use at most "
                               "1,024"})
        EXPECT_NE(plan.error().message.find(reason), std::string::npos) << plan.error().message;
}

TEST(RunPlan, RefusesToRecordAGpuThatTheRunDoesNotUse) {
    RunConfig wanted = config("ring", 2);
    wanted.profile.cupti = CuptiUse::On;
    wanted.launch.device = DeviceChoice::Cpu;
    const Result<RunPlan> plan = planRun(wanted);
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().message,
              "profile.cupti on needs a GPU and launch.device is cpu; use launch.device cuda, or "
              "profile.cupti auto");
    wanted.launch.device = DeviceChoice::Cuda;
    EXPECT_TRUE(planRun(wanted).ok());
    wanted.launch.device = DeviceChoice::Cpu;
    wanted.profile.cupti = CuptiUse::Auto;
    EXPECT_TRUE(planRun(wanted).ok());
}

TEST(RunPlan, RefusesMessagesOverTheBufferLimit) {
    RunConfig tight = config("ring", 2);
    tight.parallel.commBufferLimit = {1024};
    const Result<RunPlan> plan = planRun(tight);
    ASSERT_FALSE(plan.ok());
    EXPECT_NE(plan.error().message.find("more than parallel.comm_buffer_limit (1.00 KiB)"),
              std::string::npos)
        << plan.error().message;
}

TEST(RunPlan, CutsTheGradientIntoEqualPaddedSlices) {
    EXPECT_EQ(gradientSliceElements(10, 4), 3);
    EXPECT_EQ(gradientSliceElements(12, 4), 3);
    const RunPlan plan = planRun(config("ulysses", 4)).value();
    EXPECT_EQ(plan.gradientBytesPerStep,
              2 * 3 * gradientSliceElements(plan.parameters, 4) * std::int64_t{4});
}

TEST(RunPlan, SendsActivationsAndValuesInTwoBytesAndSumsInFour) {
    for (const std::string& mode : modeNames()) {
        const RunPlan exact = planRun(config(mode, 4)).value();
        for (const NumberFormat precision : {NumberFormat::Bf16, NumberFormat::Fp16}) {
            RunConfig half = config(mode, 4);
            half.train.precision = precision;
            const RunPlan plan = planRun(half).value();
            EXPECT_EQ(4 * plan.gradientBytesPerStep, 3 * exact.gradientBytesPerStep) << mode;
            EXPECT_GE(2 * plan.attentionBytesPerStep, exact.attentionBytesPerStep) << mode;
            EXPECT_EQ(plan.flopsPerStep, exact.flopsPerStep) << mode;
        }
    }
    RunConfig half = config("ulysses", 4);
    half.train.precision = NumberFormat::Bf16;
    EXPECT_EQ(2 * planRun(half).value().attentionBytesPerStep,
              planRun(config("ulysses", 4)).value().attentionBytesPerStep);
}

TEST(RunPlan, GivesEachReplicaTheScheduleOfOneAndSumsGradientsOverAll) {
    const RunPlan one = planRun(config("ring", 4)).value();
    RunConfig three = config("ring", 4);
    three.parallel.dp = 3;
    const RunPlan plan = planRun(three).value();
    EXPECT_EQ(plan.ranks, 12);
    EXPECT_EQ(plan.replicas, 3);
    EXPECT_EQ(plan.microSteps, 1);
    EXPECT_EQ(plan.schedule().ranks, 4);
    EXPECT_EQ(plan.attentionBytesPerStep, one.attentionBytesPerStep);
    EXPECT_EQ(plan.gradientBytesPerStep,
              2 * 11 * gradientSliceElements(plan.parameters, 12) * std::int64_t{4});
    EXPECT_DOUBLE_EQ(plan.flopsPerStep, 3 * one.flopsPerStep);
    EXPECT_EQ(ranksOf(replicaOf(plan, 0)), (std::vector<int>{0, 1, 2, 3}));
    EXPECT_EQ(ranksOf(replicaOf(plan, 7)), (std::vector<int>{4, 5, 6, 7}));
    ASSERT_EQ(plan.notes.size(), 1U);
    EXPECT_EQ(plan.notes[0],
              "parallel.dp: 3 groups of 4 ranks train on sequences of their own: ranks 0–3, 4–7, "
              "8–11");
    three.parallel.sp = 1;
    three.parallel.dp = 64;
    EXPECT_EQ(planRun(three).value().notes[0],
              "parallel.dp: 64 groups of 1 rank train on sequences of their own: rank 0, 1, 2, 3, "
              "… 63");
}

TEST(RunPlan, LetsNoneTrainOnTheBatchesOfAllReplicas) {
    RunConfig none = config("none", 1);
    none.parallel.dp = 3;
    none.train.gradAccum = 2;
    const RunPlan plan = planRun(none).value();
    EXPECT_EQ(plan.ranks, 1);
    EXPECT_EQ(plan.replicas, 1);
    EXPECT_EQ(plan.microSteps, 6);
    EXPECT_EQ(plan.notes,
              (std::vector<std::string>{"mode none trains on the batches of all 3 groups "
                                        "(parallel.dp), one after another"}));
}

TEST(RunPlan, NotesASlowedRankAndRefusesOneThatDoesNotExist) {
    RunConfig slow = config("ring", 4);
    slow.debug.slowRank = 3;
    ASSERT_EQ(planRun(slow).value().notes.size(), 1U);
    EXPECT_EQ(planRun(slow).value().notes[0],
              "rank 3 is held up on purpose, 20 ms before each attention pass (debug.slow_rank)");
    slow.debug.slowRank = 4;
    EXPECT_EQ(planRun(slow).error().message,
              "debug.slow_rank 4 is none of this run's 4 ranks; the last is 3");
    slow.parallel.mode = "none";  // in a matrix beside the others: there is nobody to hold up
    EXPECT_TRUE(planRun(slow).ok());
}

}  // namespace
}  // namespace ringscope
