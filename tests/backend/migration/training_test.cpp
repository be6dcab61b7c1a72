// Stage, weights, steps, precision, packing and profiling.
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RunConfig decided(const std::string& text, const std::string& id, const std::string& option) {
    return configOf(migrated(text, {.options = {{id, option}}, .acceptDefaults = true}));
}

std::string withStage(const std::string& stage) {
    return "stage: " + stage +
           "\nfinetuning_type: full\nmodel_name_or_path: Qwen/Qwen2.5-0.5B\ncutoff_len: 512\n"
           "per_device_train_batch_size: 3\n";
}

TEST(MigratedStage, ThatRingscopeDoesNotTrainIsAskedFor) {
    for (const char* stage : {"dpo", "rm", "kto", "ppo"}) {
        EXPECT_THAT(optionIds(migrated(withStage(stage)), "stage"),
                    ElementsAre("next-token", "pairs"))
            << stage;
        EXPECT_EQ(verdictOn(migrated(withStage(stage)), "stage").verdict, Verdict::NeedsDecision);
    }
    EXPECT_EQ(decided(withStage("dpo"), "stage", "pairs").train.batch, 6);
    EXPECT_EQ(decided(withStage("dpo"), "stage", "next-token").train.batch, 3);
    EXPECT_EQ(decisionOf(migrated(withStage("sft")), "stage"), nullptr);
}

TEST(MigratedStage, ShowsThatADecisionChangedTheBatch) {
    const KeyVerdict batch = verdictOn(migrated(withStage("dpo")), "per_device_train_batch_size");
    EXPECT_EQ(batch.verdict, Verdict::Converted);
    EXPECT_EQ(batch.newValue, "6");
    EXPECT_THAT(batch.reason, HasSubstr("follows from a decision"));
}

TEST(MigratedWeights, OfLoraAreAllTrainedOrFrozen) {
    const std::string text =
        "finetuning_type: lora\nstage: sft\nlearning_rate: 1.0e-4\n"
        "model_name_or_path: Qwen/Qwen2.5-0.5B\n";
    EXPECT_EQ(decided(text, "weights", "train").train.lr, 1e-4);
    EXPECT_EQ(decided(text, "weights", "freeze").train.lr, 0.0);
}

TEST(MigratedPrecision, IsTheSources) {
    const auto precisionOf = [](const MigrationInput& input) {
        return nameOf(configOf(migrated(input, defaultAnswers)).train.precision);
    };
    for (const auto& [line, precision] :
         std::map<std::string, std::string>{{"bf16: true", "bf16"},
                                            {"fp16: true", "fp16"},
                                            {"pure_bf16: true", "bf16"},
                                            {"bf16: false", "fp32"}})
        EXPECT_EQ(precisionOf(inputOf(baseText(2, line + "\n"))), precision) << line;
    EXPECT_EQ(precisionOf(fixture("zero3_alone.json")), "bf16");
    EXPECT_EQ(precisionOf(fixture("arctic_sp8.yml")), "bf16")
        << "ArcticTraining takes bf16 where nothing is said";
    const KeyVerdict key = verdictOn(migrated(baseText(2, "bf16: true\n")), "bf16");
    EXPECT_EQ(key.verdict, Verdict::Converted);
    EXPECT_EQ(key.newValue, "bf16");
    EXPECT_THAT(key.reason, HasSubstr("sums and the optimizer's copy of the weights in fp32"));
}

TEST(MigratedPrecision, OfTwoThatAreOnIsBf16AndTheOtherIsDangerous) {
    const Migration migration = migrated(baseText(2, "bf16: true\nfp16: true\n"));
    EXPECT_EQ(verdictOn(migration, "bf16").verdict, Verdict::Converted);
    EXPECT_EQ(verdictOn(migration, "fp16").verdict, Verdict::Dangerous);
    EXPECT_EQ(verdictOn(migration, "fp16").reason, "contradicts bf16, which is used");
    EXPECT_EQ(verdictOn(migration, "fp16").newValue, "bf16");
}

TEST(MigratedPacking, WithoutDocumentMasksIsWhatRingscopeDoesAnyway) {
    const KeyVerdict packing = verdictOn(migrated(baseText(2, "packing: true\n")), "packing");
    EXPECT_EQ(packing.verdict, Verdict::Converted);
    EXPECT_EQ(packing.newValue, "false");
}

TEST(MigratedPacking, WithDocumentMasksIsAskedForAndKeepsThemApartByDefault) {
    const std::string text = baseText(2, "neat_packing: true\n");
    EXPECT_EQ(decided(text, "packing", "across").data.packing, false);
    const Migration apart = migrated(text, defaultAnswers);
    EXPECT_EQ(configOf(apart).data.packing, true);
    EXPECT_THAT(apart.problems, ElementsAre());
}

TEST(MigratedSteps, KeepOneStepToMeasure) {
    const RunConfig once = configOf(migrated(baseText(2, "max_steps: 1\n")));
    EXPECT_EQ(once.train.steps, 1);
    EXPECT_EQ(once.train.warmupSteps, 0);
    EXPECT_EQ(configOf(migrated(baseText(2, "max_steps: -1\n"))).train.steps, TrainConfig{}.steps);
    EXPECT_EQ(verdictOn(migrated(baseText(2, "max_steps: -1\n")), "max_steps").verdict,
              Verdict::Dropped);
}

TEST(MigratedSteps, OfTheLearningRatesWarmupAreNotRingscopesWarmup) {
    const Migration migration = migrated(baseText(2, "warmup_steps: 100\n"));
    EXPECT_EQ(configOf(migration).train.warmupSteps, TrainConfig{}.warmupSteps);
    EXPECT_THAT(verdictOn(migration, "warmup_steps").reason, HasSubstr("something else"));
}

TEST(MigratedProfile, TracesTheStepsTheProfilerWasActiveIn) {
    const Migration migration = migrated(fixture("alst_fork.yaml"), defaultAnswers);
    EXPECT_EQ(configOf(migration).profile.steps, (StepRange{3, 7}));
    const Migration late =
        migrated(baseText(2, "max_steps: 5\nenable_profiling: true\nprofiling_wait_steps: 9\n"));
    EXPECT_EQ(verdictOn(late, "enable_profiling").verdict, Verdict::Dangerous);
    EXPECT_EQ(configOf(late).profile.steps, std::nullopt);
    const Migration off =
        migrated(baseText(2, "enable_profiling: false\nprofiling_wait_steps: 9\n"));
    EXPECT_EQ(verdictOn(off, "profiling_wait_steps").verdict, Verdict::Dropped);
}

TEST(MigratedHazards, AreThoseTheOldStackIgnoredInSilence) {
    for (const char* line : {"sliding_window: 4096", "attention_dropout: 0.1", "shift_attn: true",
                             "enable_liger_kernel: true"}) {
        const std::string path = std::string(line).substr(0, std::string(line).find(':'));
        EXPECT_EQ(verdictOn(migrated(baseText(2, std::string(line) + "\n")), path).verdict,
                  Verdict::Dangerous)
            << line;
    }
    EXPECT_EQ(verdictOn(migrated(baseText(2, "shift_attn: false\n")), "shift_attn").verdict,
              Verdict::Dropped);
}

TEST(MigratedHazards, AreDeepSpeedKeysThatDeepSpeedNeverRead) {
    const Migration migration = migrated(fixture("zero3_alone.json"));
    EXPECT_THAT(verdictOn(migration, "sequence_parallel.mode").reason, HasSubstr("never read"));
    EXPECT_THAT(verdictOn(migration, "sequence_parallel_size").reason,
                HasSubstr("without data_parallel_size"));
}

}  // namespace
}  // namespace ringscope
