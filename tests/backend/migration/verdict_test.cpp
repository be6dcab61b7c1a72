// Whole files, and the verdict that was written down for every key of them.
#include "tests/backend/migration/migrating.h"

namespace ringscope {
namespace {

// "3 stage dropped", a line per key.
std::string verdictLines(const Migration& migration) {
    std::string lines;
    for (const KeyVerdict& key : migration.keys)
        lines += std::to_string(key.line) + " " + key.path + " " +
                 std::string(verdictName(key.verdict)) + "\n";
    return lines;
}

TEST(Verdicts, OnABaseFileAndTheDeepSpeedFileItNames) {
    EXPECT_EQ(verdictLines(migrated(fixture("base_zigzag.yaml"))),
              "2 model_name_or_path needs_decision\n"
              "4 stage needs_decision\n"
              "5 do_train kept\n"
              "6 finetuning_type kept\n"
              "7 deepspeed converted\n"
              "9 sequence_parallel_size renamed\n"
              "10 sequence_parallel_mode converted\n"
              "11 cutoff_len renamed\n"
              "13 dataset needs_decision\n"
              "14 template converted\n"
              "15 overwrite_cache dropped\n"
              "16 packing converted\n"
              "18 output_dir dropped\n"
              "19 logging_steps dropped\n"
              "21 per_device_train_batch_size renamed\n"
              "22 gradient_accumulation_steps renamed\n"
              "23 learning_rate renamed\n"
              "24 num_train_epochs needs_decision\n"
              "25 lr_scheduler_type converted\n"
              "26 warmup_ratio converted\n"
              "27 bf16 converted\n"
              "28 ddp_timeout dropped\n"
              "29 gradient_checkpointing converted\n"
              "30 flash_attn kept\n"
              "31 val_size converted\n"
              "2 train_batch_size converted\n"
              "3 train_micro_batch_size_per_gpu converted\n"
              "4 gradient_accumulation_steps converted\n"
              "5 gradient_clipping renamed\n"
              "6 bf16.enabled converted\n"
              "8 zero_optimization.stage renamed\n"
              "9 zero_optimization.offload_optimizer.device converted\n"
              "0 adam_beta2 default_changed\n"
              "0 seed default_changed\n");
}

TEST(Verdicts, OnAFileOfTheAlstFork) {
    EXPECT_EQ(verdictLines(migrated(fixture("alst_fork.yaml"))),
              "1 model_name_or_path needs_decision\n"
              "2 stage dropped\n"
              "3 finetuning_type converted\n"
              "4 lora_rank converted\n"
              "5 sequence_parallel_size renamed\n"
              "6 sequence_parallel_mode dangerous\n"
              "7 alst_sequence_backend kept\n"
              "8 alst_sequence_tiling converted\n"
              "9 alst_ulysses_degree dangerous\n"
              "10 cutoff_len renamed\n"
              "11 neat_packing needs_decision\n"
              "12 enable_shifted_attention unknown\n"
              "13 sliding_window dangerous\n"
              "14 attention_dropout kept\n"
              "15 per_device_train_batch_size renamed\n"
              "16 seed renamed\n"
              "17 max_steps renamed\n"
              "18 bf16 converted\n"
              "19 enable_profiling converted\n"
              "20 profiling_wait_steps converted\n"
              "21 profiling_warmup_steps converted\n"
              "22 profiling_active_steps converted\n"
              "0 learning_rate default_changed\n"
              "0 lr_scheduler_type default_changed\n"
              "0 adam_beta2 default_changed\n");
}

TEST(Verdicts, OnADeepSpeedFileAlone) {
    EXPECT_EQ(verdictLines(migrated(fixture("zero3_alone.json"))),
              "3 bf16.enabled converted\n"
              "5 optimizer.type converted\n"
              "6 optimizer.params.lr renamed\n"
              "6 optimizer.params.betas converted\n"
              "6 optimizer.params.weight_decay renamed\n"
              "8 zero_optimization.stage renamed\n"
              "8 zero_optimization.reduce_bucket_size kept\n"
              "9 sequence_parallel_size renamed\n"
              "10 sequence_parallel.enabled dangerous\n"
              "10 sequence_parallel.mode dangerous\n"
              "11 train_micro_batch_size_per_gpu renamed\n");
}

TEST(Verdicts, OnArcticV1AndAccelerate) {
    EXPECT_EQ(verdictLines(migrated(fixture("arctic_sp8.yml"))),
              "1 type needs_decision\n"
              "2 micro_batch_size renamed\n"
              "3 exit_iteration renamed\n"
              "4 tiled_mlp_compute converted\n"
              "5 sequence_parallel_size renamed\n"
              "8 deepspeed.zero_optimization.stage renamed\n"
              "9 deepspeed.seq_parallel_communication_data_type kept\n"
              "11 optimizer.type converted\n"
              "12 optimizer.learning_rate renamed\n"
              "14 model.name_or_path needs_decision\n"
              "16 data.sources needs_decision\n"
              "19 data.max_length renamed\n");
    EXPECT_EQ(verdictLines(migrated(fixture("v1_cp.yaml"))),
              "1 model needs_decision\n"
              "2 model_class kept\n"
              "3 flash_attn dangerous\n"
              "5 dist_config.name converted\n"
              "6 dist_config.dcp_path dropped\n"
              "7 cp_mode renamed\n"
              "8 cp_size renamed\n"
              "9 train_dataset needs_decision\n"
              "10 micro_batch_size renamed\n"
              "11 cutoff_len renamed\n"
              "12 bf16 kept\n"
              "13 max_steps renamed\n");
    EXPECT_EQ(verdictLines(migrated(fixture("accelerate_sp.yml"))),
              "1 compute_environment dropped\n"
              "2 distributed_type dropped\n"
              "4 deepspeed_config.deepspeed_config_file needs_decision\n"
              "5 num_processes converted\n"
              "6 mixed_precision kept\n"
              "8 parallelism_config.parallelism_config_cp_size kept\n"
              "9 parallelism_config.parallelism_config_sp_size renamed\n"
              "10 parallelism_config.parallelism_config_sp_backend converted\n"
              "11 parallelism_config.parallelism_config_sp_seq_length renamed\n");
}

TEST(Verdicts, SayWhereAKeyStandsWhatItWasAndWhatItBecame) {
    const Migration migration = migrated(fixture("base_zigzag.yaml"));
    const KeyVerdict mode = verdictOn(migration, "sequence_parallel_mode");
    EXPECT_EQ(mode.line, 10);
    EXPECT_EQ(mode.column, 1);
    EXPECT_EQ(mode.old, "zigzag-ring");
    EXPECT_EQ(mode.newPath, "parallel.mode");
    EXPECT_EQ(mode.newValue, "zigzag");
    const KeyVerdict rate = verdictOn(migration, "learning_rate");
    EXPECT_EQ(rate.old, "1.0e-5");
    EXPECT_EQ(rate.newValue, "1e-5");
    EXPECT_GT(rate.newLine, 0);
}

TEST(Verdicts, AlwaysHaveAReasonAndNewValuesThatTheExperimentHas) {
    for (const std::string& name : allFixtures) {
        for (const KeyVerdict& key : migrated(fixture(name)).keys) {
            EXPECT_FALSE(key.reason.empty()) << name << ": " << key.path;
            EXPECT_EQ(key.newPath.empty(), key.newValue.empty()) << name << ": " << key.path;
        }
    }
}

TEST(Verdicts, SuggestTheKeyThatWasMeant) {
    const KeyVerdict key = verdictOn(migrated(baseText(2, "cutof_len: 4096\n")), "cutof_len");
    EXPECT_EQ(key.verdict, Verdict::Unknown);
    EXPECT_NE(key.reason.find("did you mean 'cutoff_len'?"), std::string::npos) << key.reason;
}

TEST(Verdicts, ListDefaultsThatHoldBecauseTheirKeyIsAbsent) {
    const Migration migration = migrated(baseText(2));
    const KeyVerdict batch = verdictOn(migration, "per_device_train_batch_size");
    EXPECT_EQ(batch.line, 0);
    EXPECT_EQ(batch.newValue, "8");
    EXPECT_EQ(verdictOn(migration, "cutoff_len").newValue, "2048");
    EXPECT_EQ(verdictOn(migration, "seed").newValue, "42");
}

TEST(Verdicts, WarnOfTwoKeysThatDisagree) {
    MigrationInput input =
        inputOf(baseText(2, "gradient_accumulation_steps: 2\ndeepspeed: d.json\n"));
    input.companions = {{"d.json", R"({"gradient_accumulation_steps": 8})"}};
    const Migration migration = migrated(input);
    EXPECT_EQ(configOf(migration).train.gradAccum, 2);
    const KeyVerdict last = migration.keys.at(6);
    EXPECT_EQ(last.file, "d.json");
    EXPECT_EQ(last.verdict, Verdict::Dangerous);
    EXPECT_EQ(last.reason,
              "contradicts gradient_accumulation_steps in line 5 of old.yaml, whose value is used");
}

TEST(Verdicts, WarnOfAValueOfTheWrongTypeAndUseTheDefault) {
    const Migration migration = migrated(
        baseText(2, "per_device_train_batch_size: [1, 2]\nlearning_rate: fast\nbf16: perhaps\n"));
    EXPECT_EQ(verdictOn(migration, "per_device_train_batch_size").verdict, Verdict::Dangerous);
    const KeyVerdict rate = verdictOn(migration, "learning_rate");
    EXPECT_EQ(rate.verdict, Verdict::Dangerous);
    EXPECT_NE(rate.reason.find("'fast'"), std::string::npos) << rate.reason;
    EXPECT_EQ(verdictOn(migration, "bf16").verdict, Verdict::Dangerous);
    EXPECT_EQ(configOf(migration).train.lr, 1e-3);
}

}  // namespace
}  // namespace ringscope
