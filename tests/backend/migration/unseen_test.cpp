// Keys and forms of files that the tables did not know, or carried as something else.
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Migration migratedAs(const std::string& name, const std::string& text,
                     const MigrationAnswers& answers = {}) {
    return migrated(inputOf(text, name), answers);
}

TEST(UnseenFiles, OfAReinforcementTrainerAskWhatStandsForItsAnswers) {
    const std::string script =
        "python3 -m openrlhf.cli.train_ppo_ray --pretrain Qwen/Qwen2.5-0.5B "
        "--ring_attn_size 2 --vllm_num_engines 4 --gamma 1.0 --critic_learning_rate 9e-6\n";
    const Migration open = migratedAs("ppo.sh", script);
    ASSERT_NE(decisionOf(open, "stage"), nullptr);
    for (const char* key : {"--vllm_num_engines", "--gamma", "--critic_learning_rate"})
        EXPECT_EQ(verdictOn(open, key).verdict, Verdict::NeedsDecision) << key;
    const Migration decided = migratedAs("ppo.sh", script, defaultAnswers);
    EXPECT_EQ(verdictOn(decided, "--gamma").verdict, Verdict::Dropped);
}

TEST(UnseenFiles, OfMsSwiftAskWhatStandsForGeneratedAnswers) {
    const Migration migration = migratedAs(
        "grpo.sh",
        "swift rlhf --rlhf_type grpo --model Qwen/Qwen2.5-0.5B --use_vllm true "
        "--vllm_mode colocate --num_generations 8 --reward_funcs accuracy format --epsilon 0.2 "
        "--offload_optimizer true --sequence_parallel_size 2\n");
    EXPECT_EQ(summaryOf(migration).unknown, 0);
    EXPECT_EQ(summaryOf(migration).carried, summaryOf(migration).needed);
    EXPECT_EQ(configOf(migration).memory.offloadOptimizer, OffloadPlace::None);
}

TEST(UnseenFiles, OfMsSwiftNameAModelAndItsWeightsApart) {
    const Migration migration =
        migratedAs("megatron.sh",
                   "megatron sft --load Qwen2.5-0.5B-mcore --model Qwen/Qwen2.5-0.5B "
                   "--context_parallel_size 2 --train_type lora\n");
    EXPECT_EQ(verdictOn(migration, "--load").verdict, Verdict::Kept);
    EXPECT_THAT(verdictOn(migration, "--model").reason,
                HasSubstr("'Qwen/Qwen2.5-0.5B' is 24 layers"));
}

TEST(UnseenFiles, OfTorchtitanComputeInWhatFsdpComputesIn) {
    const std::string model = "[model]\nname = \"llama3\"\nflavor = \"8B\"\n[training]\n";
    const std::string split = "[parallelism]\ncontext_parallel_degree = 2\n";
    const auto precisionOf = [&](const std::string& training) {
        return configOf(migratedAs("t.toml", model + training + split)).train.precision;
    };
    EXPECT_EQ(precisionOf("dtype = \"float32\"\n"), NumberFormat::Bf16);
    EXPECT_EQ(precisionOf("dtype = \"float32\"\nmixed_precision_param = \"bfloat16\"\n"),
              NumberFormat::Bf16);
    EXPECT_EQ(precisionOf("mixed_precision_param = \"float32\"\n"), NumberFormat::Fp32);
}

TEST(UnseenFiles, OfTorchtitanReadDataFromTheirPath) {
    const Migration migration =
        migratedAs("t.toml",
                   "[model]\nname = \"llama3\"\nflavor = \"8B\"\n"
                   "[training]\ndataset = \"c4\"\ndataset_path = \"/data/c4\"\n"
                   "[parallelism]\ncontext_parallel_degree = 2\npipeline_parallel_degree = 1\n"
                   "pipeline_parallel_schedule = \"1F1B\"\n"
                   "[checkpoint]\ninitial_load_path = \"/ckpt/step-0\"\n"
                   "[compile]\nenable = false\ncomponents = [\"model\"]\n"
                   "[validation]\nenable = false\nfreq = 100\ndataset = \"c4_validation\"\n");
    EXPECT_EQ(verdictOn(migration, "training.dataset").verdict, Verdict::Kept);
    EXPECT_EQ(verdictOn(migration, "parallelism.pipeline_parallel_schedule").verdict,
              Verdict::Kept);
    EXPECT_EQ(verdictOn(migration, "checkpoint.initial_load_path").verdict, Verdict::Dropped);
    EXPECT_EQ(verdictOn(migration, "compile.components").verdict, Verdict::Kept);
    EXPECT_EQ(verdictOn(migration, "validation.freq").reason, "validation.enable is off");
    EXPECT_EQ(configOf(migration).data.validation, 0);
}

TEST(UnseenFiles, OfArcticNameTheirScheduleBesideItsLibrary) {
    const Migration migration =
        migratedAs("a.yml",
                   "type: sft\nsequence_parallel_size: 2\nmodel: {name_or_path: "
                   "Qwen/Qwen2.5-0.5B}\ndata: {sources: [x], max_length: 4096}\n"
                   "scheduler: {type: huggingface, name: cosine}\n");
    EXPECT_EQ(verdictOn(migration, "scheduler.type").verdict, Verdict::Kept);
    EXPECT_EQ(configOf(migration).train.lrSchedule, LrSchedule::Cosine);
}

TEST(UnseenFiles, OfAxolotlScaleAnglesByTheirOwnFactor) {
    const Migration migration =
        migratedAs("a.yml",
                   "base_model: Qwen/Qwen2.5-0.5B\nsequence_len: 65536\ncontext_parallel_size: 2\n"
                   "rope_scaling:\n  type: yarn\n  factor: 4.0\n"
                   "  original_max_position_embeddings: 32768\n");
    const RopeConfig rope = configOf(migration).model.rope;
    EXPECT_EQ(rope.scaling, RopeScaling::Yarn);
    EXPECT_EQ(rope.factor, 4);
    EXPECT_EQ(rope.originalLength, 32768);
    EXPECT_EQ(decisionOf(migration, "rope"), nullptr);
    EXPECT_EQ(verdictOn(migration, "rope_scaling.factor").newValue, "4");
}

TEST(UnseenFiles, OfMegatronMayHaveOptionsAsKeys) {
    const Migration migration =
        migratedAs("model_config.yaml",
                   "ENV_VARS:\n  CUDA_DEVICE_MAX_CONNECTIONS: 1\nMODEL_ARGS:\n  --num-layers: 12\n"
                   "  --hidden-size: 512\n  --num-attention-heads: 8\n  --seq-length: 4096\n"
                   "  --train-iters: 50\n  --context-parallel-size: 2\n  --cp-comm-type: p2p\n"
                   "  --bf16: true\n");
    EXPECT_EQ(migration.source.kind, "megatron");
    EXPECT_EQ(configOf(migration).model.layers, 12);
    EXPECT_EQ(configOf(migration).parallel.sp, 2);
    EXPECT_EQ(verdictOn(migration, "ENV_VARS.CUDA_DEVICE_MAX_CONNECTIONS").use,
              KeyUse::Housekeeping);
}

TEST(UnseenFiles, OfMegatronMayLoadWhatTheySave) {
    const Migration migration =
        migratedAs("pretrain.sh",
                   "torchrun pretrain_gpt.py --num-layers 4 --hidden-size 256 "
                   "--num-attention-heads 8 --seq-length 4096 --context-parallel-size 2 "
                   "--window-size 1023,0 --moe-layer-freq 1 --save /ckpt --load /ckpt\n");
    EXPECT_EQ(configOf(migration).attention.window, 1023);
    EXPECT_THAT(verdictOn(migration, "--load").reason, HasSubstr("the run's own checkpoints"));
    EXPECT_EQ(verdictOn(migration, "--moe-layer-freq").verdict, Verdict::Kept);
}

TEST(UnseenFiles, OfPythonTrainWhatTheirCallsMake) {
    const Migration migration = migratedAs(
        "train.py",
        "import torch\n"
        "from ring_flash_attn import zigzag_ring_flash_attn_func\n"
        "model = AutoModelForCausalLM.from_pretrained('Qwen/Qwen2.5-0.5B', "
        "torch_dtype=torch.bfloat16)\n"
        "peft = LoraConfig(r=16, lora_alpha=32, target_modules=['q_proj', 'v_proj'])\n"
        "optimizer = torch.optim.AdamW(model.parameters(), lr=3e-5, betas=(0.9, 0.95))\n"
        "schedule = get_cosine_schedule_with_warmup(optimizer, 20, 400)\n"
        "out = zigzag_ring_flash_attn_func(q, k, v, causal=True, softcap=0.0, group=group)\n");
    const RunConfig config = configOf(migration);
    EXPECT_EQ(config.adapter.kind, AdapterKind::Lora);
    EXPECT_EQ(config.adapter.rank, 16);
    EXPECT_EQ(config.train.lr, 3e-5);
    EXPECT_EQ(config.train.beta2, 0.95);
    EXPECT_EQ(config.train.lrSchedule, LrSchedule::Cosine);
    EXPECT_EQ(config.train.lrWarmup, 20);
    EXPECT_EQ(config.train.steps, 400);
    EXPECT_EQ(verdictOn(migration, "zigzag_ring_flash_attn_func.softcap").verdict, Verdict::Kept);
    EXPECT_THAT(migration.problems, IsEmpty());
}

TEST(UnseenFiles, OfPythonComputeInWhatTheirWeightsAreLoadedIn) {
    const auto of = [](const std::string& argument, const std::string& more = "") {
        return migratedAs("t.py",
                          "import torch\nmodel = AutoModelForCausalLM.from_pretrained("
                          "'Qwen/Qwen2.5-0.5B', " +
                              argument +
                              ")\nout = zigzag_ring_flash_attn_func(q, k, v, "
                              "causal=True)\n" +
                              more);
    };
    EXPECT_EQ(configOf(of("torch_dtype=torch.bfloat16")).train.precision, NumberFormat::Bf16);
    EXPECT_EQ(configOf(of("dtype=torch.float16")).train.precision, NumberFormat::Fp16);
    EXPECT_EQ(configOf(of("dtype=torch.float32")).train.precision, NumberFormat::Fp32);
    EXPECT_EQ(configOf(of("torch_dtype=t", "")).train.precision, NumberFormat::Fp32);
    const std::string named =
        "import torch\nDTYPE = torch.bfloat16\n"
        "model = AutoModelForCausalLM.from_pretrained('x/y', dtype=DTYPE)\n"
        "out = ring_flash_attn_func(q, k, v, causal=True)\n";
    EXPECT_EQ(configOf(migratedAs("t.py", named)).train.precision, NumberFormat::Bf16);
    // Beside a trainer's switch it says nothing new.
    const Migration beside =
        of("torch_dtype=torch.float32", "args = SFTConfig('out', bf16=True)\n");
    EXPECT_EQ(configOf(beside).train.precision, NumberFormat::Bf16);
    EXPECT_EQ(verdictOn(beside, "from_pretrained.torch_dtype").verdict, Verdict::Kept);
}

TEST(UnseenFiles, OfTorchtitanNameDeepseeksByTheirFlavor) {
    const Migration migration =
        migratedAs("t.toml",
                   "[model]\nname = \"deepseek_v3\"\nflavor = \"16B\"\n[training]\n"
                   "seq_len = 4096\n[parallelism]\ncontext_parallel_degree = 2\n",
                   defaultAnswers);
    const RunConfig config = configOf(migration);
    EXPECT_EQ(config.model.layers, 27);
    EXPECT_EQ(config.model.attention, AttentionKind::Mla);
    EXPECT_EQ(config.model.experts.count, 64);
    EXPECT_EQ(config.model.layerPattern, (std::vector<std::string>{"dense", "experts*26"}));
}

TEST(UnseenFiles, OfDeepSpeedAndArcticHaveSeedsAndRatesAtTheirTop) {
    const Migration settings = migratedAs(
        "ds.json", R"({"train_micro_batch_size_per_gpu": 1, "zero_optimization": {"stage": 3}, )"
                   R"("seed": 1234})");
    EXPECT_EQ(configOf(settings).train.seed, 1234);
    const Migration arctic =
        migratedAs("a.yml",
                   "type: sft\nsequence_parallel_size: 2\nlearning_rate: 2e-5\n"
                   "weight_decay: 0.05\nwarmup_ratio: 0.1\nmodel: {name_or_path: "
                   "Qwen/Qwen2.5-0.5B}\ndata: {sources: [x], max_length: 4096}\n");
    EXPECT_EQ(configOf(arctic).train.lr, 2e-5);
    EXPECT_EQ(configOf(arctic).train.weightDecay, 0.05);
    EXPECT_EQ(summaryOf(arctic).unknown, 0);
}

TEST(UnseenFiles, OfTrainersOffloadByTheWordsOfFsdp) {
    const auto of = [](const std::string& words) {
        return configOf(
                   migratedAs("t.sh",
                              "torchrun --nproc_per_node 8 train.py "
                              "--model_name_or_path Qwen/Qwen2.5-0.5B "
                              "--learning_rate 1e-5 --gradient_accumulation_steps 2 --max_steps 9 "
                              "--per_device_train_batch_size 1 --bf16 "
                              "--seq_parallel_size 2 --fsdp \"" +
                                  words + "\"\n"))
            .memory;
    };
    EXPECT_EQ(of("auto_wrap").zero, 3);
    EXPECT_EQ(of("auto_wrap").offloadParameters, OffloadPlace::None);
    EXPECT_EQ(of("auto_wrap offload").zero, 3);
    EXPECT_EQ(of("auto_wrap offload").offloadParameters, OffloadPlace::Disk);
    EXPECT_EQ(of("shard_grad_op auto_wrap offload").zero, 2);
    EXPECT_EQ(of("shard_grad_op auto_wrap offload").offloadOptimizer, OffloadPlace::Disk);
}

TEST(UnseenFiles, OfTrainersChangeTheirModelByOverrides) {
    const auto of = [](const std::string& overrides) {
        return migratedAs(
            "t.sh",
            "torchrun --nproc_per_node 8 train.py --model_name_or_path "
            "Qwen/Qwen2.5-0.5B --learning_rate 1e-5 --gradient_accumulation_steps 2 --max_steps 9 "
            "--per_device_train_batch_size 1 --bf16 "
            "--seq_parallel_size 2 --tokenized_mds_train a@0.3 b@0.7 "
            "--config_overrides \"" +
                overrides + "\"\n",
            defaultAnswers);
    };
    const Migration theta = of("rope_theta=128000000");
    EXPECT_EQ(configOf(theta).model.rope.theta, 128e6);
    EXPECT_EQ(summaryOf(theta).unknown, 0);
    EXPECT_EQ(verdictOn(of("rope_theta=8e6,attention_dropout=0.1"), "--config_overrides").verdict,
              Verdict::Dangerous);
}

TEST(UnseenFiles, OfArcticMayEndBeforeAllTheirSteps) {
    const std::string text =
        "type: sft\nsequence_parallel_size: 2\ntrain_iters: 400\nmodel: {name_or_path: "
        "Qwen/Qwen2.5-0.5B}\ndata: {sources: [x], max_length: 4096}\n";
    EXPECT_EQ(configOf(migratedAs("a.yml", text)).train.steps, 400);
    EXPECT_EQ(configOf(migratedAs("a.yml", text + "exit_iteration: 40\n")).train.steps, 40);
}

TEST(UnseenFiles, OfPythonMayMakeAStripedModel) {
    const Migration migration = migratedAs(
        "model.py",
        "from ring_attention_pytorch import RingTransformer\n"
        "model = RingTransformer(num_tokens = 256, dim = 512, depth = 6, causal = True, dim_head = "
        "64, heads = 8, num_grouped_query_heads = 2, ring_attn = True, striped_ring_attn = True, "
        "ring_seq_size = 4096)\n");
    const RunConfig config = configOf(migration);
    EXPECT_EQ(config.parallel.mode, "striped");
    EXPECT_EQ(config.model.layers, 6);
    EXPECT_EQ(config.model.kvHeads, 4);
    EXPECT_EQ(summaryOf(migration).carried, summaryOf(migration).needed);
}

TEST(UnseenFiles, OfLlamaFactoryMaySayTheSameTwice) {
    const Migration v1 =
        migratedAs("v1.yaml",
                   "model: Qwen/Qwen2.5-0.5B\ntrain_dataset: d.yaml\nbf16: true\n"
                   "dist_config: {name: fsdp2, mixed_precision: bf16, cp_mode: ulysses, "
                   "cp_size: 2}\n");
    EXPECT_EQ(verdictOn(v1, "dist_config.mixed_precision").reason, "the same as bf16");
    const Migration cached =
        migrated(baseText(2, "dataset: alpaca\ntokenized_path: /data/tokens\n"));
    EXPECT_EQ(verdictOn(cached, "tokenized_path").verdict, Verdict::Kept);
}

TEST(UnseenFiles, OfLlamaFactoryAskWhatStandsForFrozenLayers) {
    const std::string text =
        "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: sft\nfinetuning_type: freeze\n"
        "freeze_trainable_layers: 8\nsequence_parallel_size: 2\n";
    EXPECT_EQ(verdictOn(migrated(text), "freeze_trainable_layers").verdict, Verdict::NeedsDecision);
    EXPECT_EQ(verdictOn(migrated(text, defaultAnswers), "freeze_trainable_layers").verdict,
              Verdict::Dropped);
}

}  // namespace
}  // namespace ringscope
