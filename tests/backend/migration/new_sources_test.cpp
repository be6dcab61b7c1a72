// Files of every source that is no YAML of LLaMA-Factory: their verdicts, and what they become.
#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/migration/modern_spelling.h"
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::HasSubstr;

Migration of(const std::string& name) { return migrated(fixture(name), defaultAnswers); }

// "--lr renamed", a needed key that stands in a file a line.
std::string neededLines(const Migration& migration) {
    std::string lines;
    for (const KeyVerdict& key : migration.keys)
        if (key.use == KeyUse::Needed && key.line > 0)
            lines += key.path + " " + std::string(verdictName(key.verdict)) + "\n";
    return lines;
}

TEST(NewSources, OfAxolotlCarryAllThatIsNeeded) {
    const Migration migration = migrated(fixture("ax_lora.yml"));
    EXPECT_EQ(migration.source.kind, "axolotl");
    EXPECT_EQ(neededLines(migration),
              "base_model needs_decision\n"
              "datasets needs_decision\n"
              "val_set_size converted\n"
              "sequence_len renamed\n"
              "sample_packing needs_decision\n"
              "sequence_parallel_degree renamed\n"
              "ring_attn_func converted\n"
              "heads_k_stride kept\n"
              "micro_batch_size renamed\n"
              "gradient_accumulation_steps renamed\n"
              "num_epochs needs_decision\n"
              "optimizer converted\n"
              "lr_scheduler converted\n"
              "learning_rate renamed\n"
              "bf16 converted\n"
              "gradient_checkpointing converted\n"
              "tiled_mlp converted\n"
              "deepspeed needs_decision\n");
    const RunConfig config = configOf(migration);
    EXPECT_EQ(config.parallel.mode, "zigzag");
    EXPECT_EQ(config.parallel.sp, 2);
    EXPECT_EQ(config.train.seqLen, 4096);
    EXPECT_EQ(config.train.optimizer, OptimizerKind::AdamW8bit);
    EXPECT_EQ(config.train.precision, NumberFormat::Bf16);
    EXPECT_EQ(config.memory.zero, 3);
    EXPECT_EQ(config.memory.offloadActivations, OffloadPlace::Disk);
    EXPECT_EQ(summaryOf(migration).housekeeping, 2);
}

TEST(NewSources, OfTorchtitanCarryAllButNumberFormatsThatRingscopeLacks) {
    const Migration migration = of("titan.toml");
    EXPECT_EQ(migration.source.kind, "torchtitan");
    const MigrationSummary summary = summaryOf(migration);
    EXPECT_EQ(summary.needed, 17);
    EXPECT_EQ(summary.carried, 16);
    EXPECT_EQ(verdictOn(migration, "model.converters").verdict, Verdict::Dropped);
    EXPECT_EQ(verdictOn(migration, "float8.recipe").verdict, Verdict::Kept);
    const RunConfig config = configOf(migration);
    EXPECT_EQ(config.parallel.mode, "ring-allgather");
    EXPECT_EQ(config.parallel.sp, 4);
    EXPECT_EQ(config.parallel.dp, 2);
    EXPECT_EQ(config.memory.zero, 3);
    EXPECT_EQ(config.train.lrSchedule, LrSchedule::Wsd);
    EXPECT_EQ(config.train.lrDecay, 10);
    EXPECT_EQ(config.model.hiddenSize, 4096);
}

TEST(NewSources, OfMegatronsCommandLineAreNotMixedUpWithItsOtherSequenceParallelism) {
    const Migration migration = of("pretrain.sh");
    EXPECT_EQ(migration.source.kind, "megatron");
    EXPECT_EQ(verdictOn(migration, "--sequence-parallel").verdict, Verdict::Dangerous);
    EXPECT_EQ(verdictOn(migration, "--sequence-parallel").newPath, "");
    EXPECT_THAT(verdictOn(migration, "--sequence-parallel").reason, HasSubstr("shards norms"));
    const RunConfig config = configOf(migration);
    EXPECT_EQ(config.parallel.mode, "zigzag");
    EXPECT_EQ(config.parallel.sp, 2);
    EXPECT_EQ(config.parallel.dp, 4);
    EXPECT_EQ(config.train.gradAccum, 2);
    EXPECT_EQ(config.model.heads, 8);
    EXPECT_EQ(config.model.kvHeads, 4);
    EXPECT_EQ(config.model.ffnSize, 688);
    EXPECT_NEAR(config.train.lrFinal, 0.1, 1e-9);
    EXPECT_EQ(config.memory.zero, 1);
    const MigrationSummary summary = summaryOf(migration);
    EXPECT_EQ(summary.dropped + summary.unknown, 0) << neededLines(migration);
    EXPECT_EQ(summary.dangerous, 1);
}

TEST(NewSources, AreReadTogetherWithTheFilesThatTheyWrite) {
    const Migration migration = of("tune.sh");
    EXPECT_EQ(migration.source.kind, "ms-swift");
    const RunConfig config = configOf(migration);
    EXPECT_EQ(config.memory.zero, 3);
    EXPECT_EQ(config.memory.offloadParameters, OffloadPlace::Disk);
    EXPECT_EQ(config.parallel.sp, 2);
    EXPECT_EQ(config.parallel.dp, 2);
    const Decision* rate = decisionOf(migration, "value-learning_rate");
    ASSERT_NE(rate, nullptr) << "what is no constant is asked";
    EXPECT_THAT(rate->question, HasSubstr("'$RATE'"));
}

TEST(NewSources, OfOpenRlhfAndEasyContextTakeTheirRanksFromTheLauncher) {
    const Migration rlhf = of("rlhf.sh");
    EXPECT_EQ(rlhf.source.kind, "openrlhf");
    const RunConfig sft = configOf(rlhf);
    EXPECT_EQ(sft.parallel.mode, "llama3");
    EXPECT_EQ(sft.parallel.sp, 2);
    EXPECT_EQ(sft.parallel.dp, 2);
    EXPECT_EQ(sft.train.gradAccum, 8);
    EXPECT_EQ(sft.memory.offloadOptimizer, OffloadPlace::Disk);
    const Migration easy = of("easy.sh");
    EXPECT_EQ(easy.source.kind, "easycontext");
    const RunConfig context = configOf(easy);
    EXPECT_EQ(context.parallel.mode, "zigzag");
    EXPECT_EQ(context.parallel.sp, 4) << "all ranks share a sequence";
    EXPECT_EQ(context.train.gradAccum, 2);
}

TEST(NewSources, OfPythonCallsAreReadAndNeverExecuted) {
    const Migration migration = of("ring.py");
    EXPECT_EQ(migration.source.kind, "python-calls");
    EXPECT_EQ(verdictOn(migration, "RingDilatedAttentionV3.segment_lengths").old, "[512, 1024]");
    const KeyVerdict call = verdictOn(migration, "RingDilatedAttentionV3");
    EXPECT_EQ(call.verdict, Verdict::Dangerous);
    EXPECT_THAT(call.reason, HasSubstr("gather all keys and values"));
    EXPECT_EQ(verdictOn(migration, "RingDilatedAttentionV3.use_hilbert").verdict,
              Verdict::Dangerous);
    EXPECT_THAT(verdictOn(migration, "RingDilatedAttentionV3.use_hilbert").reason,
                HasSubstr("here parallel.token_order hilbert orders how tokens are shared out, and "
                          "dilated-ring does not take it"));
    EXPECT_EQ(configOf(migration).parallel.sp, 4);
    EXPECT_EQ(summaryOf(migration).unknown, 0) << "a call in a comment is no call";
    const Migration wrapped = migrated(
        inputOf("wrap_ring_attn_func(q, k, v, causal=False, window_size=(64, -1), dropout_p=0.0)\n",
                "net.py"),
        defaultAnswers);
    EXPECT_EQ(configOf(wrapped).parallel.mode, "ring-allgather") << "what the old one computed";
    EXPECT_EQ(configOf(wrapped).attention.window, 64);
    EXPECT_FALSE(configOf(wrapped).attention.causal);
}

TEST(NewSources, SayThatTheCurveHereHasNoLevel) {
    const Migration migration =
        migrated(inputOf("a = RingDilatedAttentionV3(segment_lengths=[512], dilation_rates=[1], "
                         "ring_size=4, hilbert_curve_level=8)\n",
                         "old.py"),
                 defaultAnswers);
    EXPECT_THAT(verdictOn(migration, "RingDilatedAttentionV3.hilbert_curve_level").reason,
                HasSubstr("parallel.token_order hilbert, which dilated-ring does not take"));
}

TEST(NewSources, NameTheRanksOfAllGroups) {
    const Migration migration = migrated(
        "distributed_type: FSDP\nnum_processes: 8\nmixed_precision: bf16\nparallelism_config:\n"
        "  parallelism_config_cp_size: 2\n  parallelism_config_dp_shard_size: 4\n",
        defaultAnswers);
    EXPECT_EQ(configOf(migration).parallel.sp, 2);
    EXPECT_EQ(configOf(migration).parallel.dp, 4);
    EXPECT_EQ(configOf(migration).memory.zero, 3);
    EXPECT_THAT(verdictOn(migration, "num_processes").reason, HasSubstr("2 x parallel.dp 4"));
    const Migration plain =
        migrated("distributed_type: MULTI_GPU\nnum_processes: 4\n", defaultAnswers);
    EXPECT_EQ(configOf(plain).parallel.dp, 4) << "no rank gets lost";
    EXPECT_EQ(configOf(plain).parallel.mode, "none");
}

TEST(NewSources, OfAdaptersBecomeAdapters) {
    const Migration migration = migrated(baseText(2, "") + "", defaultAnswers);
    EXPECT_EQ(configOf(migration).adapter.kind, AdapterKind::None);
    const Migration lora = migrated(
        "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: pt\nfinetuning_type: lora\nlora_rank: 4\n"
        "lora_alpha: 8\nlora_target: all\nsequence_parallel_size: 2\n",
        defaultAnswers);
    const KeyVerdict rank = verdictOn(lora, "lora_rank");
    EXPECT_TRUE(isCarried(rank.verdict)) << rank.reason;
    EXPECT_EQ(configOf(lora).adapter.kind, AdapterKind::Lora);
    EXPECT_EQ(configOf(lora).adapter.rank, 4);
    EXPECT_EQ(configOf(lora).adapter.alpha, 8);
}

TEST(ModernSpelling, ChangesOnlyWhatIsOldAndNothingTheSecondTime) {
    MigrationInput input = fixture("ax_lora.yml");
    const ModernFile modern = modernised(input, 3).value();
    std::string expected = input.source.text;
    const std::string old = "sequence_parallel_degree";
    expected.replace(expected.find(old), old.size(), "context_parallel_size");
    EXPECT_EQ(modern.text, expected);
    ASSERT_EQ(modern.changes.size(), 1U);
    EXPECT_THAT(modern.changes.front(), HasSubstr("from axolotl 0.12"));
    input.source.text = modern.text;
    EXPECT_EQ(modernised(input, 3)->text, modern.text);
    EXPECT_TRUE(modernised(input, 3)->changes.empty());
}

TEST(ModernSpelling, OfTheForkFollowsThePhases) {
    const std::string text = "\xef\xbb\xbf" + baseText(2, "alst_sequence_tiling: true\r\n");
    const MigrationInput input = inputOf(text);
    EXPECT_EQ(modernised(input, 1)->text, text);
    EXPECT_THAT(modernised(input, 2)->text,
                HasSubstr("sequence_parallel_mode: zigzag-ring\r\nsequence_parallel_size: 2"));
    EXPECT_THAT(modernised(input, 4)->text,
                HasSubstr("sequence_parallel_mode: deepspeed-alst\r\n"));
    EXPECT_EQ(ringClassTimeline().size(), 3U);
}

}  // namespace
}  // namespace ringscope
