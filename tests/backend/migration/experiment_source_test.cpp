// Sources that are experiments already.
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::string experiment =
    "# mine\nname: four   # keep this\nmodel: {preset: nano}\n"
    "train: {seq_len: 256, lr: 1.0e-3}\nparallel: {mode: zigzag, sp: 2}\n";

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
