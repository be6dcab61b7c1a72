#include "backend/migration/migration_text.h"

#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Migration twoDecisions() {
    Migration migration;
    migration.decisions = {{.id = "packing",
                            .question = "how?",
                            .key = "",
                            .options = {{"apart", "apart", "…"}, {"across", "across", "…"}},
                            .defaultOption = "apart",
                            .chosen = "apart"},
                           {.id = "model",
                            .question = "which?",
                            .key = "",
                            .options = {{"tiny", "tiny", "…"}, {"nano", "nano", "…"}},
                            .defaultOption = "tiny",
                            .chosen = "tiny"}};
    return migration;
}

KeyVerdict keyWith(const std::string& old, Verdict verdict, const std::string& reason) {
    KeyVerdict key;
    key.path = "a";
    key.line = 1;
    key.old = old;
    key.verdict = verdict;
    key.reason = reason;
    return key;
}

TEST(MigrationText, SaysWhatTheSourceIsAndWhatBecomesOfEachKey) {
    const MigrationInput input = inputOf(baseText(2, "neat_packing: true\n"));
    const Migration migration = migrated(input);
    const std::string text = migrationText(input, migration);
    EXPECT_THAT(text, StartsWith("old.yaml: " + migration.source.kind + " ("));
    for (const KeyVerdict& key : migration.keys)
        EXPECT_THAT(text, HasSubstr(key.path + ": " + key.old));
    EXPECT_THAT(text, HasSubstr("\n    5  needs decision   neat_packing: true"));
    EXPECT_THAT(text, HasSubstr("\ndecision packing: "));
    EXPECT_THAT(text, HasSubstr("\n  * apart: "));
    EXPECT_THAT(text, HasSubstr("\n    across: "));
}

TEST(MigrationText, SaysAReasonThatKeysInARowShareOnce) {
    Migration migration;
    const KeyVerdict key = keyWith("1", Verdict::Dropped, "has no counterpart");
    migration.keys = {key, key};
    const std::string text = migrationText(inputOf(""), migration);
    EXPECT_EQ(text.find("has no counterpart"), text.rfind("has no counterpart"));
}

TEST(MigrationText, HoldsNothingThatSteersTheTerminal) {
    Migration migration;
    migration.keys = {keyWith("\x1b[31m", Verdict::Dropped, "\x1b[2J")};
    migration.notes = {"\x1b[2J"};
    EXPECT_THAT(migrationText(inputOf(""), migration), Not(HasSubstr("\x1b")));
    EXPECT_THAT(migrationRemarks(migration), Not(HasSubstr("\x1b")));
}

TEST(MigrationRemarks, AreTheNotesAndThenWhatKeepsTheExperimentFromRunning) {
    Migration migration;
    migration.notes = {"a tab was taken for spaces"};
    migration.problems = {"sp=3 does not divide 8 heads"};
    EXPECT_EQ(migrationRemarks(migration),
              "note: a tab was taken for spaces\nwould not run: sp=3 does not divide 8 heads\n");
    EXPECT_EQ(migrationRemarks({}), "");
}

TEST(OpenDecisionsWords, NameEveryOpenDecisionAndHowToAnswerTheFirst) {
    EXPECT_EQ(openDecisionsWords(twoDecisions()),
              "decisions are open: packing, model; answer with --decide packing=apart or take "
              "every default with --accept-defaults");
}

TEST(OpenDecisionsWords, PairAnOpenDecisionWithAnOptionOfItsOwn) {
    Migration migration = twoDecisions();
    migration.decisions[0].answered = true;
    EXPECT_EQ(openDecisionsWords(migration),
              "decisions are open: model; answer with --decide model=tiny or take every default "
              "with --accept-defaults");
}

}  // namespace
}  // namespace ringscope
