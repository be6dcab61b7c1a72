#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string packed = baseText(2, "neat_packing: true\n");

TEST(Decisions, AreOpenUntilAnsweredOrDefaultsAreAccepted) {
    EXPECT_FALSE(migrated(packed).decided());
    EXPECT_TRUE(migrated(packed, defaultAnswers).decided());
    const MigrationAnswers all{.options = {{"packing", "across"}, {"model", "tiny"}},
                               .acceptDefaults = false};
    EXPECT_TRUE(migrated(packed, all).decided());
    EXPECT_EQ(configOf(migrated(packed, all)).data.packing, false);
}

TEST(Decisions, AnsweredOnesTurnTheirKeysVerdict) {
    EXPECT_EQ(verdictOn(migrated(packed), "neat_packing").verdict, Verdict::NeedsDecision);
    const KeyVerdict answered = verdictOn(migrated(packed, defaultAnswers), "neat_packing");
    EXPECT_EQ(answered.verdict, Verdict::Converted);
    EXPECT_THAT(answered.reason, HasSubstr("decided: keep documents apart"));
}

TEST(Decisions, AnAnswerBeatsTheDefaultThatIsAccepted) {
    const MigrationAnswers both{.options = {{"packing", "across"}}, .acceptDefaults = true};
    EXPECT_EQ(configOf(migrated(packed, both)).data.packing, false);
}

TEST(Decisions, AnswersThatFitNothingAreRefusedInASentence) {
    const MigrationAnswers wrong{.options = {{"packing", "up"}, {"colour", "red"}},
                                 .acceptDefaults = false};
    EXPECT_THAT(
        migrated(packed, wrong).refusedAnswers,
        ElementsAre("decision packing has no option 'up'; use one of across, apart",
                    "there is no decision 'colour' to make here; there are packing, model"));
    EXPECT_THAT(migrated(packed, defaultAnswers).refusedAnswers, IsEmpty());
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
    for (const std::string& name : allFixtures) {
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
    for (const std::string& name : allFixtures) {
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
