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
    for (const char* stage : {"dpo", "rm", "kto"}) {
        EXPECT_THAT(optionIds(migrated(withStage(stage)), "stage"),
                    ElementsAre("next-token", "pairs"))
            << stage;
        EXPECT_EQ(verdictOn(migrated(withStage(stage)), "stage").verdict, Verdict::NeedsDecision);
    }
    EXPECT_EQ(decided(withStage("dpo"), "stage", "pairs").train.batch, 6);
    EXPECT_EQ(decided(withStage("dpo"), "stage", "next-token").train.batch, 3);
    EXPECT_EQ(decisionOf(migrated(withStage("sft")), "stage"), nullptr);
}

TEST(MigratedStage, OfAReinforcementTrainerIsTheActorsTrainingOnTheData) {
    MigrationInput input = inputOf(withStage("ppo") + "dataset: mine\nppo_epochs: 4\n");
    input.files["mine"] = "/data/mine.jsonl";
    const Migration asked = migrated(input);
    EXPECT_THAT(optionIds(asked, "stage"), ElementsAre("next-token", "answers"));
    EXPECT_EQ(configOf(asked).train.task, TrainTask::Lm);
    EXPECT_EQ(configOf(asked).train.batch, 3);
    const KeyVerdict lost = verdictOn(asked, "ppo_epochs");
    EXPECT_EQ(lost.verdict, Verdict::NeedsDecision);
    EXPECT_THAT(lost.reason, HasSubstr("of the actor its training alone is carried"));
    const Migration answers =
        migrated(input, {.options = {{"stage", "answers"}}, .acceptDefaults = true});
    EXPECT_EQ(configOf(answers).train.task, TrainTask::Sft);
    EXPECT_EQ(verdictOn(answers, "stage").newValue, "sft");
}

TEST(MigratedStage, OfAReinforcementTrainerDropsWhatGeneratesAndRates) {
    const Migration migration =
        migrated(inputOf("python3 -m verl.trainer.main_ppo algorithm.adv_estimator=gae "
                         "actor_rollout_ref.actor.ulysses_sequence_parallel_size=2 "
                         "actor_rollout_ref.rollout.temperature=0 critic.optim.lr=1e-5 "
                         "actor_rollout_ref.rollout.enforce_eager=False\n",
                         "old.sh"),
                 defaultAnswers);
    EXPECT_EQ(verdictOn(migration, "actor_rollout_ref.rollout.temperature").verdict,
              Verdict::Dropped)
        << "0 is a temperature";
    EXPECT_EQ(verdictOn(migration, "actor_rollout_ref.rollout.enforce_eager").verdict,
              Verdict::Kept);
    EXPECT_EQ(verdictOn(migration, "critic.optim.lr").verdict, Verdict::Dropped);
    EXPECT_THAT(verdictOn(migration, "critic.optim.lr").reason, HasSubstr("no second model"));
}

TEST(MigratedStage, IsReadFromAProgramsNameAndNotFromOtherKeysOfATrainer) {
    const auto nemo = [](const std::string& folder) {
        return migrated("trainer:\n  default_root_dir: /results/" + folder +
                        "\n  accelerator: gpu\n  devices: 2\nexp_manager: {exp_dir: null}\n"
                        "model:\n  context_parallel_size: 2\n  encoder_seq_length: 1024\n"
                        "  data: {data_prefix: [/data/text]}\n");
    };
    const Migration pairs = nemo("dpo");
    EXPECT_EQ(pairs.source.kind, "nemo");
    EXPECT_EQ(verdictOn(pairs, "trainer.accelerator").reason, "Ringscope trains by itself");
    EXPECT_EQ(decisionOf(pairs, "stage"), nullptr);
    const Migration tuned = nemo("sft");
    const Decision* data = decisionOf(tuned, "data");
    ASSERT_NE(data, nullptr);
    EXPECT_THAT(data->options.back().consequence, HasSubstr("every token is learned"));
    const Migration command =
        migrated(inputOf("torchrun train_dpo.py --model_name_or_path Qwen/Qwen2.5-0.5B "
                         "--per_device_train_batch_size 1 --learning_rate 1e-5\n",
                         "old.sh"));
    EXPECT_NE(decisionOf(command, "stage"), nullptr);
}

TEST(MigratedStage, ShowsThatADecisionChangedTheBatch) {
    const KeyVerdict batch = verdictOn(migrated(withStage("dpo")), "per_device_train_batch_size");
    EXPECT_EQ(batch.verdict, Verdict::Converted);
    EXPECT_EQ(batch.newValue, "6");
    EXPECT_THAT(batch.reason, HasSubstr("follows from a decision"));
}

TEST(MigratedWeights, OfLoraStayBesideAnAdapter) {
    const RunConfig config = configOf(
        migrated(inputOf("finetuning_type: lora\nlora_rank: 4\nstage: sft\nlearning_rate: 1.0e-4\n"
                         "model_name_or_path: Qwen/Qwen2.5-0.5B\n"),
                 defaultAnswers));
    EXPECT_EQ(config.adapter.kind, AdapterKind::Lora);
    EXPECT_EQ(config.adapter.rank, 4);
    EXPECT_EQ(config.adapter.alpha, 8);
}

TEST(MigratedWeights, OfAnAdapterThatIsNotTrainedHereAreAllTrainedOrFrozen) {
    const std::string text =
        "finetuning_type: oft\nstage: sft\nlearning_rate: 1.0e-4\n"
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

TEST(MigratedPacking, BesideDocumentMasksIsWhatTheMasksSay) {
    const std::string both = baseText(2, "packing: true\nneat_packing: true\n");
    const KeyVerdict apart = verdictOn(migrated(both, defaultAnswers), "packing");
    EXPECT_EQ(apart.verdict, Verdict::Converted);
    EXPECT_EQ(apart.newValue, "true");
    EXPECT_EQ(apart.reason, "sequences are filled with documents, which neat_packing keeps apart");
    const KeyVerdict across =
        verdictOn(migrated(both, {.options = {{"packing", "across"}}}), "packing");
    EXPECT_EQ(across.newValue, "false");
    EXPECT_EQ(across.reason,
              "sequences are filled from one text; documents attend to earlier ones, as was "
              "answered for neat_packing");
    const KeyVerdict off = verdictOn(
        migrated(baseText(2, "packing: false\nneat_packing: true\n"), defaultAnswers), "packing");
    EXPECT_EQ(off.verdict, Verdict::Dangerous);
    EXPECT_EQ(off.reason, "the old stack packed all the same, because neat_packing was on");
    const KeyVerdict alone =
        verdictOn(migrated(baseText(2, "packing: true\nneat_packing: false\n")), "packing");
    EXPECT_THAT(alone.reason, HasSubstr("without neat_packing"));
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
              Verdict::Kept);
}

TEST(MigratedSchedule, IsTheSourcesWhereRingscopeHasIt) {
    const auto courseOf = [](const std::string& name) {
        const Migration migration = migrated(baseText(2, "lr_scheduler_type: " + name + "\n"));
        EXPECT_THAT(migration.problems, ElementsAre()) << name;
        return nameOf(configOf(migration).train.lrSchedule);
    };
    for (const auto& [name, course] :
         std::map<std::string, std::string>{{"constant", "constant"},
                                            {"constant_with_warmup", "constant"},
                                            {"linear", "linear"},
                                            {"cosine", "cosine"},
                                            {"cosine_with_min_lr", "cosine"},
                                            {"warmup_stable_decay", "wsd"},
                                            {"inverse_sqrt", "constant"}})
        EXPECT_EQ(courseOf(name), course) << name;
    const KeyVerdict other =
        verdictOn(migrated(baseText(2, "lr_scheduler_type: inverse_sqrt\n")), "lr_scheduler_type");
    EXPECT_EQ(other.verdict, Verdict::Dropped);
    EXPECT_THAT(other.reason, HasSubstr("the rate stays constant, and losses differ"));
    EXPECT_EQ(configOf(migrated(baseText(2))).train.lrSchedule, LrSchedule::Linear)
        << "the old stack's default";
}

TEST(MigratedSchedule, TakesItsWarmupFromStepsOrFromAShareOfThem) {
    const auto warmupOf = [](const std::string& lines) {
        return configOf(migrated(baseText(2, "max_steps: 50\n" + lines))).train.lrWarmup;
    };
    EXPECT_EQ(warmupOf("warmup_steps: 7\n"), 7);
    EXPECT_EQ(warmupOf("warmup_ratio: 0.05\n"), 3) << "rounded up";
    EXPECT_EQ(warmupOf("warmup_ratio: 0.05\nwarmup_steps: 7\n"), 7);
    EXPECT_EQ(warmupOf("warmup_ratio: 0.1\nwarmup_steps: 0\n"), 5);
    EXPECT_EQ(warmupOf("warmup_steps: 7\nlr_scheduler_type: constant\n"), 0);
    EXPECT_EQ(warmupOf("warmup_steps: 7\nlr_scheduler_type: constant_with_warmup\n"), 7);
    const Migration longer = migrated(baseText(2, "warmup_steps: 100\n"));
    EXPECT_EQ(configOf(longer).train.warmupSteps, TrainConfig{}.warmupSteps);
    EXPECT_THAT(verdictOn(longer, "warmup_steps").reason,
                HasSubstr("train.steps is 10, so train.lr is never reached"));
    EXPECT_EQ(verdictOn(migrated(baseText(2, "warmup_steps: -1\n")), "warmup_steps").verdict,
              Verdict::Dangerous);
}

TEST(MigratedSchedule, OfWsdKeepsTheStepsOfItsFallWhereTheyFit) {
    const std::string wsd = "max_steps: 50\nlr_scheduler_type: warmup_stable_decay\n";
    const Migration fits = migrated(baseText(2, wsd + "lr_scheduler_kwargs:\n"
                                                      "  num_decay_steps: 20\n"
                                                      "  min_lr_ratio: 0.1\n"));
    EXPECT_EQ(configOf(fits).train.lrDecay, 20);
    EXPECT_EQ(configOf(fits).train.lrFinal, 0.1);
    const Migration longer =
        migrated(baseText(2, wsd + "lr_scheduler_kwargs:\n  num_decay_steps: 60\n"));
    EXPECT_EQ(configOf(longer).train.lrDecay, std::nullopt);
    EXPECT_EQ(verdictOn(longer, "lr_scheduler_kwargs.num_decay_steps").verdict, Verdict::Dangerous);
}

TEST(MigratedOptimizer, KeepsItsBetasAndEpsilon) {
    const TrainConfig train = configOf(migrated(baseText(2,
                                                         "adam_beta1: 0.8\nadam_epsilon: 1.0e-6\n"
                                                         "label_smoothing_factor: 0.1\n")))
                                  .train;
    EXPECT_EQ(train.beta1, 0.8);
    EXPECT_EQ(train.beta2, 0.999) << "the old stack's default";
    EXPECT_EQ(train.eps, 1e-6);
    EXPECT_EQ(train.labelSmoothing, 0.1);
    const Migration deepSpeed = migrated(inputOf(
        R"({"zero_optimization": {"stage": 1}, "train_micro_batch_size_per_gpu": 1,
            "optimizer": {"type": "AdamW", "params": {"betas": [0.85, 0.99], "eps": 1e-7}},
            "scheduler": {"type": "WarmupCosineLR",
                          "params": {"warmup_num_steps": 2, "cos_min_ratio": 0.01}}})",
        "ds.json"));
    const TrainConfig other = configOf(deepSpeed).train;
    EXPECT_EQ(other.beta1, 0.85);
    EXPECT_EQ(other.beta2, 0.99);
    EXPECT_EQ(other.eps, 1e-7);
    EXPECT_EQ(other.lrSchedule, LrSchedule::Cosine);
    EXPECT_EQ(other.lrWarmup, 2);
    EXPECT_EQ(other.lrFinal, 0.01);
    const Migration wrong = migrated(inputOf(
        R"({"zero_optimization": {"stage": 1}, "train_micro_batch_size_per_gpu": 1,
            "optimizer": {"type": "AdamW", "params": {"betas": [0.85]}}})",
        "ds.json"));
    EXPECT_EQ(verdictOn(wrong, "optimizer.params.betas").verdict, Verdict::Dangerous);
    EXPECT_EQ(configOf(wrong).train.beta1, TrainConfig{}.beta1);
}

TEST(MigratedEpochs, EndTheRunUnlessStepsAreGiven) {
    const Migration migration = migrated(baseText(2, "num_train_epochs: 2.5\n"));
    EXPECT_EQ(configOf(migration).train.epochs, 3);
    EXPECT_EQ(configOf(migration).train.steps, 1'000'000) << "epochs are to end it, not steps";
    EXPECT_THAT(verdictOn(migration, "num_train_epochs").reason, HasSubstr("rounded up"));
    const Migration both = migrated(baseText(2, "num_train_epochs: 3\nmax_steps: 20\n"));
    EXPECT_EQ(configOf(both).train.epochs, std::nullopt);
    EXPECT_EQ(configOf(both).train.steps, 20);
    EXPECT_EQ(verdictOn(both, "num_train_epochs").verdict, Verdict::Kept);
}

TEST(MigratedEpochs, AreOfTheOldDataAlone) {
    MigrationInput input = inputOf(baseText(2, "dataset: mine\nnum_train_epochs: 3\n"));
    const Migration other = migrated(input);
    EXPECT_EQ(configOf(other).data.source, "builtin:prose");
    EXPECT_EQ(configOf(other).train.epochs, std::nullopt);
    EXPECT_EQ(configOf(other).train.steps, TrainConfig{}.steps);
    EXPECT_EQ(verdictOn(other, "num_train_epochs").verdict, Verdict::NeedsDecision);
    input.files["mine"] = "/data/mine.jsonl";
    const Migration found = migrated(input);
    EXPECT_EQ(configOf(found).train.epochs, 3);
    EXPECT_EQ(configOf(found).train.steps, 1'000'000);
    EXPECT_EQ(verdictOn(found, "num_train_epochs").verdict, Verdict::Converted);
}

// A share of steps whose number only the data says.
TEST(MigratedEpochs, LeaveSharesOfTheStepsToTheUser) {
    const std::string text =
        baseText(2,
                 "num_train_epochs: 3\nwarmup_ratio: 0.1\nval_size: 0.1\neval_steps: 0.2\n"
                 "save_steps: 0.5\n");
    const Migration asked = migrated(text);
    EXPECT_THAT(optionIds(asked, "warmup"), ElementsAre("0", "10", "100", "1000"));
    EXPECT_EQ(configOf(asked).train.lrWarmup, 10);
    EXPECT_EQ(configOf(migrated(text, {.options = {{"warmup", "100"}}})).train.lrWarmup, 100);
    EXPECT_EQ(configOf(asked).train.validateEvery, 0);
    EXPECT_EQ(verdictOn(asked, "eval_steps").verdict, Verdict::Dropped);
    EXPECT_EQ(configOf(asked).checkpoint.every, CheckpointConfig{}.every);
    EXPECT_EQ(verdictOn(asked, "save_steps").verdict, Verdict::Dropped);
    const Migration counted = migrated(text + "max_steps: 50\n");
    EXPECT_EQ(decisionOf(counted, "warmup"), nullptr);
    EXPECT_EQ(configOf(counted).train.lrWarmup, 5);
}

TEST(MigratedValidation, IsOnTheShareThatTheSourceKeepsOut) {
    const RunConfig config =
        configOf(migrated(baseText(2, "val_size: 0.1\neval_steps: 5\neval_strategy: steps\n")));
    EXPECT_EQ(config.data.validation, 0.1);
    EXPECT_EQ(config.train.validateEvery, 5);
    EXPECT_EQ(configOf(migrated(baseText(2, "val_size: 0.1\neval_steps: 0.2\nmax_steps: 30\n")))
                  .train.validateEvery,
              6);
    EXPECT_EQ(configOf(migrated(baseText(2, "val_size: 0.1\neval_steps: 5\neval_strategy: no\n")))
                  .train.validateEvery,
              0);
    const Migration none = migrated(baseText(2, "val_size: 500\neval_steps: 5\n"));
    EXPECT_EQ(configOf(none).data.validation, 0);
    EXPECT_EQ(configOf(none).train.validateEvery, 0);
    EXPECT_THAT(none.problems, ElementsAre());
    EXPECT_THAT(verdictOn(none, "val_size").reason, HasSubstr("a number of samples"));
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
    EXPECT_EQ(verdictOn(off, "profiling_wait_steps").verdict, Verdict::Kept);
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
              Verdict::Kept);
}

TEST(MigratedHazards, AreDeepSpeedKeysThatDeepSpeedNeverRead) {
    const Migration migration = migrated(fixture("zero3_alone.json"));
    EXPECT_THAT(verdictOn(migration, "sequence_parallel.mode").reason, HasSubstr("never read"));
    EXPECT_THAT(verdictOn(migration, "sequence_parallel_size").reason,
                HasSubstr("without data_parallel_size"));
}

}  // namespace
}  // namespace ringscope
