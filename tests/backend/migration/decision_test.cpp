#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string halfPrecision = baseText(2, "bf16: true\n");

TEST(Decisions, AreOpenUntilAnsweredOrDefaultsAreAccepted) {
    EXPECT_FALSE(migrated(halfPrecision).decided());
    EXPECT_TRUE(migrated(halfPrecision, defaultAnswers).decided());
    const MigrationAnswers all{.options = {{"precision", "fp64"}, {"model", "tiny"}},
                               .acceptDefaults = false};
    EXPECT_TRUE(migrated(halfPrecision, all).decided());
    EXPECT_EQ(configOf(migrated(halfPrecision, all)).train.precision, "fp64");
}

TEST(Decisions, AnsweredOnesTurnTheirKeysVerdict) {
    EXPECT_EQ(verdictOn(migrated(halfPrecision), "bf16").verdict, Verdict::NeedsDecision);
    const KeyVerdict answered = verdictOn(migrated(halfPrecision, defaultAnswers), "bf16");
    EXPECT_EQ(answered.verdict, Verdict::Converted);
    EXPECT_THAT(answered.reason, HasSubstr("decided: train in fp32"));
}

TEST(Decisions, AnAnswerBeatsTheDefaultThatIsAccepted) {
    const MigrationAnswers both{.options = {{"precision", "fp64"}}, .acceptDefaults = true};
    EXPECT_EQ(configOf(migrated(halfPrecision, both)).train.precision, "fp64");
}

TEST(Decisions, AnswersThatFitNothingAreRefusedInASentence) {
    const MigrationAnswers wrong{.options = {{"precision", "fp4"}, {"colour", "red"}},
                                 .acceptDefaults = false};
    EXPECT_THAT(migrated(halfPrecision, wrong).refusedAnswers,
                ElementsAre("decision precision has no option 'fp4'; use one of fp32, fp64",
                            "there is no decision 'colour' to make here; there are precision, "
                            "model"));
    EXPECT_THAT(migrated(halfPrecision, defaultAnswers).refusedAnswers, IsEmpty());
}

TEST(Decisions, MayRaiseOthers) {
    const std::string text =
        "model_name_or_path: /models/mine\nfinetuning_type: full\nstage: sft\n"
        "sequence_parallel_size: 8\nsequence_parallel_mode: ulysses\n";
    EXPECT_EQ(decisionOf(migrated(text), "ranks"), nullptr) << "the tiny preset has 8 heads";
    const Migration other = migrated(text, {.options = {{"model", "qwen2.5-7b"}}});
    EXPECT_NE(decisionOf(other, "ranks"), nullptr) << "28 heads do not divide by 8";
    EXPECT_FALSE(other.decided());
}

TEST(Decisions, HaveAQuestionTwoOptionsAndADefaultAmongThem) {
    for (const char* name : {"base_zigzag.yaml", "alst_fork.yaml", "zero3_alone.json",
                             "arctic_sp8.yml", "v1_cp.yaml", "accelerate_sp.yml"}) {
        for (const Decision& decision : migrated(fixture(name)).decisions) {
            EXPECT_TRUE(decision.question.ends_with('?')) << decision.question;
            EXPECT_GE(decision.options.size(), 2U) << decision.id;
            const auto ids = optionIds(migrated(fixture(name)), decision.id);
            EXPECT_THAT(ids, testing::Contains(decision.defaultOption));
            EXPECT_THAT(ids, testing::Contains(decision.chosen));
            for (const DecisionOption& option : decision.options)
                EXPECT_FALSE(option.consequence.empty()) << decision.id << "=" << option.id;
        }
    }
}

TEST(Decisions, EveryOptionOfEveryFixtureGivesAnExperimentThatIsValid) {
    for (const char* name : {"base_zigzag.yaml", "alst_fork.yaml", "zero3_alone.json",
                             "arctic_sp8.yml", "v1_cp.yaml", "accelerate_sp.yml"}) {
        const MigrationInput input = fixture(name);
        for (const Decision& decision : migrated(input).decisions) {
            for (const DecisionOption& option : decision.options) {
                const Migration migration = migrated(
                    input, {.options = {{decision.id, option.id}}, .acceptDefaults = true});
                configOf(migration);
                EXPECT_TRUE(migration.problems.empty())
                    << name << " " << decision.id << "=" << option.id;
            }
        }
    }
}

}  // namespace
}  // namespace ringscope
