// Sources that are experiments already.
#include "backend/config/mode_aliases.h"
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::string experiment =
    "# mine\nname: four   # keep this\nmodel: {preset: nano}\n"
    "train: {seq_len: 256, lr: 1.0e-3}\nparallel: {mode: zigzag, sp: 2}\n";

RunConfig baseOf(const std::string& text) {
    return readExperiment(
               {.fileName = "f.yaml", .fileText = text, .environment = {}, .overrides = {}})
        .experiment.base;
}

TEST(MigratingAnExperiment, ChangesNothing) {
    const Migration migration = migrated(experiment);
    EXPECT_EQ(migration.source.kind, "ringscope");
    EXPECT_FALSE(migration.changed);
    EXPECT_EQ(migration.experiment, experiment);
    EXPECT_TRUE(migration.decided());
    EXPECT_THAT(migration.problems, IsEmpty());
    for (const KeyVerdict& key : migration.keys) EXPECT_EQ(key.verdict, Verdict::Kept) << key.path;
}

TEST(MigratingAnExperiment, ReplacesOldModeNamesAndNotOneByteMore) {
    std::string old = experiment;
    old.replace(old.find("zigzag"), 6, "\"zigzag-ring\"");
    old += "matrix:\r\n  parallel.mode: [p2p, ring]\r\n";
    std::string expected = experiment;
    expected.replace(expected.find("zigzag"), 6, "\"zigzag\"");
    expected += "matrix:\r\n  parallel.mode: [zigzag, ring]\r\n";
    const Migration migration = migrated(old);
    EXPECT_EQ(migration.experiment, expected);
    EXPECT_TRUE(migration.changed);
    EXPECT_EQ(verdictOn(migration, "parallel.mode").verdict, Verdict::Converted);
    EXPECT_EQ(verdictOn(migration, "matrix.parallel.mode").newValue, "[zigzag, ring]");
    EXPECT_FALSE(migrated(migration.experiment).changed);
}

TEST(MigratingAnExperiment, MeansTheSameUnderEveryOldNameOfAMode) {
    for (const ModeAlias& alias : modeAliases()) {
        const std::string name(alias.old);
        std::string old = experiment;
        old.replace(old.find("zigzag"), 6, name);
        const Migration migration = migrated(old);
        EXPECT_EQ(baseOf(migration.experiment), baseOf(old)) << name;
        EXPECT_EQ(migration.changed, alias.implied().empty()) << name;
    }
}

TEST(MigratingAnExperiment, LeavesNamesThatMeanMoreThanAModeAndSaysSo) {
    std::string old = experiment;
    old.replace(old.find("zigzag"), 6, "block-sparse");
    const Migration migration = migrated(old);
    EXPECT_EQ(migration.experiment, old);
    EXPECT_FALSE(migration.changed);
    EXPECT_EQ(configOf(migration).attention.pattern.kind, PatternKind::BlockSparse);
    const KeyVerdict key = verdictOn(migration, "parallel.mode");
    EXPECT_EQ(key.verdict, Verdict::Kept);
    EXPECT_EQ(key.reason,
              "as it is; the name stays, as it means more than a mode: 'block-sparse' is an old "
              "name; write zigzag and attention.pattern.kind block_sparse and "
              "attention.pattern.local 4");
    const Migration both = migrated(experiment + "matrix: {parallel.mode: [basic, hilbert]}\n");
    const KeyVerdict axis = verdictOn(both, "matrix.parallel.mode");
    EXPECT_EQ(axis.newValue, "[ring, hilbert]");
    EXPECT_EQ(axis.verdict, Verdict::Converted);
    EXPECT_THAT(axis.reason, HasSubstr("only these words of the file change; the name stays"));
    EXPECT_EQ(verdictOn(both, "parallel.mode").reason, "as it is");
}

TEST(MigratingAnExperiment, KnowsWhatStandsAtTheTopAndOnlyThere) {
    const Migration migration = migrated("preset: production\nrepeat: 2\n" + experiment);
    for (const char* key : {"name", "preset", "repeat"})
        EXPECT_EQ(verdictOn(migration, key).verdict, Verdict::Kept) << key;
    const Migration within = migrated(experiment + "matrix: {preset: [production]}\n");
    EXPECT_EQ(verdictOn(within, "matrix.preset").verdict, Verdict::Unknown);
}

TEST(MigratingAnExperiment, SaysWhatIsWrongWithIt) {
    const Migration migration = migrated(
        "model: {heads: 6, kv_heads: 6, hidden_size: 384}\n"
        "parallel: {mode: ulysses, sp: 8}\n");
    EXPECT_THAT(migration.problems, testing::ElementsAre(HasSubstr("6 heads, 8 ranks")));
    const Migration unknown = migrated(experiment + "trian: {lr: 1}\n");
    EXPECT_EQ(verdictOn(unknown, "trian.lr").verdict, Verdict::Unknown);
}

TEST(MigratingTwice, IsTheSameAsOnce) {
    for (const std::string& name : allFixtures) {
        const Migration once = migrated(fixture(name), defaultAnswers);
        EXPECT_TRUE(once.changed) << name;
        const Migration twice = migrated(inputOf(once.experiment, "new.yaml"), defaultAnswers);
        EXPECT_EQ(twice.source.kind, "ringscope") << name;
        EXPECT_FALSE(twice.changed) << name;
        EXPECT_EQ(twice.experiment, once.experiment) << name;
    }
}

}  // namespace
}  // namespace ringscope
