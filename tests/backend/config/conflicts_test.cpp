#include "backend/config/conflicts.h"

#include "tests/backend/config/random_config.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

std::string onlyConflict(const RunConfig& config) {
    const std::vector<ConfigConflict> conflicts = findConflicts(config);
    EXPECT_EQ(conflicts.size(), 1U);
    return conflicts.empty() ? "" : conflicts.front().message;
}

TEST(Conflicts, AreNoneInTheDefaults) { EXPECT_TRUE(findConflicts(RunConfig{}).empty()); }

RC_GTEST_PROP(Conflicts, AreNoneInAConfigurationBuiltToFit, ()) {
    const std::vector<ConfigConflict> conflicts = findConflicts(*anyConfig());
    for (const ConfigConflict& conflict : conflicts) RC_LOG() << conflict.message << "\n";
    RC_ASSERT(conflicts.empty());
}

TEST(Conflicts, NameHeadsThatDoNotDivideTheHiddenSize) {
    RunConfig config;
    config.model.heads = 6;
    config.model.kvHeads = 2;
    EXPECT_EQ(onlyConflict(config),
              "model.heads (6) does not divide model.hidden_size (256); use a number of heads that "
              "does, or set model.head_size");
}

RunConfig sparseModel() {
    RunConfig config;
    config.model.attention = AttentionKind::Nsa;
    return config;
}

TEST(Conflicts, NameSizesThatNativeSparseAttentionCannotHave) {
    EXPECT_TRUE(findConflicts(sparseModel()).empty());
    RunConfig config = sparseModel();
    config.model.nsa.block = 40;
    EXPECT_EQ(onlyConflict(config),
              "model.nsa_block must be a multiple of model.nsa_stride (16) where model.attention "
              "is nsa");
    config.model.nsa.block = 80;
    EXPECT_EQ(onlyConflict(config),
              "model.nsa_block must be at most model.nsa_select_block (64) where model.attention "
              "is nsa");
    config.model.nsa.block = 32;
    config.model.nsa.selected = 2;
    EXPECT_EQ(onlyConflict(config),
              "model.nsa_selected must be more than model.nsa_local (2): the first block is one "
              "more where model.attention is nsa");
}

TEST(Conflicts, NameWhatNativeSparseAttentionDoesNotGoWith) {
    RunConfig config = sparseModel();
    config.attention.window = 128;
    EXPECT_EQ(onlyConflict(config),
              "attention.window must be null (model.nsa_window is this model's) where "
              "model.attention is nsa");
    config = sparseModel();
    config.data.packing = true;
    EXPECT_EQ(onlyConflict(config),
              "data.packing must be false, and train.task lm: a compressed block has tokens of one "
              "document alone where model.attention is nsa");
    config = sparseModel();
    config.attention.pattern = {.kind = PatternKind::BlockSparse, .local = 1};
    EXPECT_EQ(onlyConflict(config),
              "attention.pattern.kind must be none where model.attention is nsa");
}

TEST(Conflicts, NameAnOddHeadSize) {
    RunConfig config;
    config.model.hiddenSize = 24;
    EXPECT_EQ(onlyConflict(config),
              "3 columns of a head of 3 turn with the position; they turn in pairs, so use an even "
              "number");
}

TEST(Conflicts, NameKeyValueHeadsThatDoNotDivideTheHeads) {
    RunConfig config;
    config.model.kvHeads = 3;
    EXPECT_EQ(onlyConflict(config),
              "model.kv_heads (3) does not divide model.heads (8); use a number of key/value heads "
              "that does");
}

TEST(Conflicts, NameWhatSequencesOfRecallCannotBe) {
    const auto conflict = [](auto change) {
        RunConfig config;
        config.data.source = "builtin:recall";
        change(config);
        return onlyConflict(config);
    };
    EXPECT_EQ(conflict([](RunConfig& config) { config.train.seqLen = 63; }),
              "train.seq_len must be at least 64 where data.source is builtin:recall");
    EXPECT_EQ(
        conflict([](RunConfig& config) { config.data.order = DataOrder::Samples; }),
        "data.order must be auto, shuffled or sequential where data.source is builtin:recall");
    EXPECT_EQ(conflict([](RunConfig& config) { config.data.packing = true; }),
              "data.packing must be false where data.source is builtin:recall");
    EXPECT_EQ(conflict([](RunConfig& config) { config.data.tokenizer = "char"; }),
              "data.tokenizer must be byte where data.source is builtin:recall");
    EXPECT_EQ(conflict([](RunConfig& config) { config.data.source = "[builtin:recall, a.txt]"; }),
              "data.source [builtin:recall, a.txt] has builtin:recall beside others; write it "
              "alone");
}

TEST(Conflicts, NameAVocabularyTooSmallForBytes) {
    RunConfig config;
    config.model.vocabSize = 255;
    EXPECT_EQ(onlyConflict(config),
              "model.vocab_size (255) is too small for byte tokens; use at least 256");
}

TEST(Conflicts, NameAnOptimizerWithFewerBitsThanThePrecisionAsksFor) {
    RunConfig config;
    config.train.optimizer = OptimizerKind::AdamW8bit;
    config.train.precision = NumberFormat::Bf16;
    EXPECT_TRUE(findConflicts(config).empty());
    config.train.precision = NumberFormat::Fp64;
    EXPECT_EQ(onlyConflict(config),
              "train.optimizer adamw8bit computes in fp32, and train.precision is fp64; use "
              "optimizer adamw, or precision fp32");
}

RunConfig withExperts() {
    RunConfig config;
    config.model.experts = {.count = 6, .perToken = 2, .size = 8};
    config.parallel.sp = 4;
    return config;
}

// As gpt-oss has them, and no other family.
TEST(Conflicts, NameBiasesOfExperts) {
    RunConfig config = withExperts();
    config.model.ffnBias = true;
    config.model.ffn = FeedForwardKind::SwigluClamped;
    EXPECT_TRUE(findConflicts(config).empty());
    config.model.ffn = FeedForwardKind::Swiglu;
    EXPECT_EQ(onlyConflict(config),
              "model.ffn_bias must be false where there are experts, unless model.ffn is "
              "swiglu_clamped, whose experts and router have biases");
}

TEST(Conflicts, NameRanksThatCannotShareExperts) {
    RunConfig config = withExperts();
    config.parallel.ep = 2;
    EXPECT_TRUE(findConflicts(config).empty());
    config.parallel.ep = 4;
    EXPECT_EQ(onlyConflict(config),
              "parallel.ep (4) does not divide model.experts (6); use a number of ranks that does");
    config.parallel.ep = 3;
    EXPECT_EQ(onlyConflict(config),
              "parallel.ep (3) does not divide the 4 ranks of parallel.sp (4) x parallel.dp (1); "
              "use a number of ranks that does");
    config.parallel.ep = 2;
    config.model.experts = {};
    EXPECT_EQ(onlyConflict(config),
              "parallel.ep (2) shares experts out, and model.experts is 0; use ep 1");
}

TEST(Conflicts, NameRulesForRoutersThatTheModelDoesNotHave) {
    RunConfig config = withExperts();
    config.train.routerAuxLoss = 0.01;
    EXPECT_TRUE(findConflicts(config).empty());
    config.train.routerBiasStep = 0.001;
    EXPECT_EQ(onlyConflict(config),
              "train.router_bias_step changes the bias of experts, and this model's have none; set "
              "model.expert_bias true, or use router_bias_step 0");
    config.model.experts.bias = true;
    EXPECT_TRUE(findConflicts(config).empty());
    config = RunConfig{};
    config.train.routerAuxLoss = 0.01;
    EXPECT_EQ(
        onlyConflict(config),
        "train.router_aux_loss is for experts, and model.experts is 0; use router_aux_loss 0");
}

TEST(Conflicts, NameARankToRecordThatDoesNotExist) {
    RunConfig config;
    config.parallel.sp = 2;
    config.parallel.dp = 2;
    config.profile.ranks = {0, 3};
    EXPECT_TRUE(findConflicts(config).empty());
    config.profile.ranks = {0, 4};
    EXPECT_EQ(onlyConflict(config),
              "profile.ranks names rank 4, but parallel.sp (2) x parallel.dp (2) are 4 ranks; the "
              "last is 3");
}

TEST(Conflicts, NameWarmupThatLeavesNothingToMeasure) {
    RunConfig config;
    config.train.warmupSteps = config.train.steps;
    EXPECT_EQ(onlyConflict(config),
              "train.warmup_steps (10) leaves no step to measure of train.steps (10); use fewer");
}

TEST(Conflicts, NameAStepThatNoPlanCanCount) {
    RunConfig config;
    config.model.layers = 1024;
    config.model.hiddenSize = 131'072;
    config.train.seqLen = 67'108'864;
    EXPECT_EQ(onlyConflict(config),
              "train.batch * train.grad_accum * train.seq_len * model.layers * model.hidden_size "
              "is 9.0e+15, too much to plan; use at most 4.5e+15");
}

TEST(Conflicts, NameActivationsToOffloadThatAreNotKept) {
    RunConfig config;
    config.memory.offloadActivations = OffloadPlace::Disk;
    EXPECT_EQ(onlyConflict(config),
              "memory.offload_activations disk is for the inputs that memory.recompute layers "
              "keeps, and recompute is none; use recompute layers");
    config.memory.recompute = Recompute::Layers;
    EXPECT_TRUE(findConflicts(config).empty());
}

TEST(Conflicts, NameParametersToOffloadThatRanksDoNotDivide) {
    RunConfig config;
    config.memory.offloadParameters = OffloadPlace::Disk;
    EXPECT_EQ(onlyConflict(config),
              "memory.offload_parameters disk is for parameters that ranks divide, and memory.zero "
              "is 1; use zero 3");
    config.memory.zero = 3;
    EXPECT_TRUE(findConflicts(config).empty());
}

TEST(Conflicts, NameWhatAnAdapterCannotGoWith) {
    RunConfig config;
    config.adapter.kind = AdapterKind::Lora;
    EXPECT_TRUE(findConflicts(config).empty());
    config.checkpoint.atEnd = true;
    EXPECT_EQ(onlyConflict(config),
              "checkpoint.at_end keeps an adapter with adapter.kind lora, which is of use beside "
              "the model it was trained with alone; set model.from to that model's folder");
    config.model.from = "models/tiny";
    EXPECT_TRUE(findConflicts(config).empty());
    config.adapter.kind = AdapterKind::Qlora;
    config.memory.zero = 3;
    EXPECT_EQ(onlyConflict(config),
              "memory.zero 3 divides the model's parameters, and with adapter.kind qlora each rank "
              "holds them in 4 bits; use zero 2");
    config.memory.zero = 2;
    config.model.experts = {.count = 4, .perToken = 2, .size = 32, .bias = true};
    config.train.routerBiasStep = 0.1;
    EXPECT_EQ(onlyConflict(config),
              "train.router_bias_step moves biases of routers, and with adapter.kind qlora the "
              "model stays as it is; use 0");
}

TEST(Conflicts, NameWhatIsToWaitInTheMemoryOfAHost) {
    RunConfig config;
    config.memory.zero = 3;
    config.memory.recompute = Recompute::Layers;
    const std::string rest =
        " host: what a CPU rank holds is in the host's memory already, and nothing moves what a "
        "GPU "
        "holds there yet; use disk, or none";
    config.memory.offloadActivations = OffloadPlace::Host;
    EXPECT_EQ(onlyConflict(config), "memory.offload_activations" + rest);
    config.memory.offloadActivations = OffloadPlace::None;
    config.memory.offloadOptimizer = OffloadPlace::Host;
    EXPECT_EQ(onlyConflict(config), "memory.offload_optimizer" + rest);
    config.memory.offloadOptimizer = OffloadPlace::None;
    config.memory.offloadParameters = OffloadPlace::Host;
    EXPECT_EQ(onlyConflict(config), "memory.offload_parameters" + rest);
}

TEST(Conflicts, NameAWarmupAndAFallThatOverlap) {
    RunConfig config;
    config.train.lrSchedule = LrSchedule::Wsd;
    config.train.lrWarmup = 6;
    config.train.lrDecay = 5;
    EXPECT_EQ(onlyConflict(config),
              "train.lr_warmup (6) and train.lr_decay (5) are more than train.steps (10); use "
              "fewer");
    config.train.lrDecay = 4;
    EXPECT_TRUE(findConflicts(config).empty());
    config.train.lrDecay = 5;
    config.train.lrSchedule = LrSchedule::Linear;
    EXPECT_TRUE(findConflicts(config).empty()) << "linear has no lr_decay";
}

TEST(Conflicts, NameWhatLooksAtValidationsWhereThereAreNone) {
    RunConfig config;
    config.train.stopLoss = 2.0;
    EXPECT_EQ(onlyConflict(config),
              "train.stop_loss looks at validations, and data.validation is 0; keep a share out of "
              "training");
    config.train.stopPatience = 3;
    config.train.validateEvery = 10;
    EXPECT_EQ(findConflicts(config).size(), 3U);
    config.data.validation = 0.1;
    EXPECT_TRUE(findConflicts(config).empty());
}

TEST(Conflicts, AreAllNamedAtOnce) {
    RunConfig config;
    config.model.kvHeads = 3;
    config.model.vocabSize = 16;
    config.train.warmupSteps = 99;
    EXPECT_EQ(findConflicts(config).size(), 3U);
}

TEST(Conflicts, NameWhatAPatternLacks) {
    RunConfig config;
    config.attention.pattern.kind = PatternKind::Dilated;
    config.attention.pattern.segments = {64, 128};
    config.attention.pattern.rates = {1};
    ASSERT_EQ(findConflicts(config).size(), 1U);
    EXPECT_EQ(findConflicts(config).front().message,
              "attention.pattern.kind dilated takes a segment and a rate for each branch; got 2 "
              "segments and 1 rates");
    config.attention.pattern.rates = {1, 2};
    EXPECT_TRUE(findConflicts(config).empty());
    config.model.attentionSinks = true;
    ASSERT_EQ(findConflicts(config).size(), 1U);
    EXPECT_EQ(findConflicts(config).front().message,
              "attention.pattern.stop_gradient true lets no gradient to the weights of branches, "
              "and model.attention_sinks is learned from it; use stop_gradient false");
    config.model.attentionSinks = false;
    config.attention.pattern = {.kind = PatternKind::BlockSparse};
    ASSERT_EQ(findConflicts(config).size(), 1U);
    EXPECT_EQ(findConflicts(config).front().message,
              "attention.pattern.kind block_sparse is the union of local, stride, levels, global, "
              "top_k and file, and none of them is set; set attention.pattern.local to see near "
              "blocks");
    config.attention.pattern.topK = 2;
    EXPECT_TRUE(findConflicts(config).empty());
}

}  // namespace
}  // namespace ringscope
