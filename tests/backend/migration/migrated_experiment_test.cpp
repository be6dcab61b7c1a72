// The experiment that comes out: complete, commented, and ready to run.
#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/plan/mode_table.h"
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(MigratedExperiment, HasWhatTheSourceSaid) {
    const Migration migration = migrated(fixture("base_zigzag.yaml"), defaultAnswers);
    EXPECT_TRUE(migration.problems.empty()) << migration.problems.front();
    const RunConfig config = configOf(migration);
    EXPECT_EQ(config.model.layers, 32);
    EXPECT_EQ(config.model.hiddenSize, 4096);
    EXPECT_EQ(config.model.heads, 32);
    EXPECT_EQ(config.model.kvHeads, 8);
    EXPECT_EQ(config.model.ffnSize, 14336);
    EXPECT_EQ(config.model.vocabSize, 128256);
    EXPECT_EQ(config.model.rope.theta, 500000.0);
    EXPECT_EQ(config.parallel.mode, "zigzag");
    EXPECT_EQ(config.parallel.sp, 4);
    EXPECT_EQ(config.train.seqLen, 128000);
    EXPECT_EQ(config.train.batch, 1);
    EXPECT_EQ(config.train.gradAccum, 2);
    EXPECT_EQ(config.train.lr, 1e-5);
    EXPECT_EQ(config.train.gradClip, 0.5);
    EXPECT_EQ(config.train.seed, 42);
}

TEST(MigratedExperiment, SaysWhatItWasMadeFromAndHowItWasDecided) {
    const Migration migration = migrated(fixture("base_zigzag.yaml"));
    EXPECT_THAT(migration.experiment,
                StartsWith("# Made by `ringscope migrate` from base_zigzag.yaml "
                           "(360-llama-factory) and zero3.json.\n"));
    EXPECT_THAT(migrated(fixture("alst_fork.yaml")).experiment,
                HasSubstr("# Decision packing: apart (the default; not answered)\n"));
    EXPECT_THAT(migration.experiment, HasSubstr("# cutoff_len: 128000\n"));
    EXPECT_THAT(migration.experiment, HasSubstr("\nname: base_zigzag\n"));
}

TEST(MigratedExperiment, WritesEveryFieldOut) {
    const Migration migration = migrated(fixture("arctic_sp8.yml"), defaultAnswers);
    for (const Field& field : fieldTable()) {
        const std::string key(field.path.substr(field.path.find('.') + 1));
        if (field.path == "model.preset") continue;  // the sizes are a known model's
        EXPECT_THAT(migration.experiment, HasSubstr("\n  " + key + ": ")) << field.path;
    }
}

TEST(MigratedExperiment, OffersTheModesToCompareThatWouldRun) {
    std::vector<std::string> modes;
    for (const Mode& mode : modeTable())
        if (mode.sharded) modes.emplace_back(mode.name);
    EXPECT_THAT(migrated(fixture("base_zigzag.yaml")).experiment,
                HasSubstr("# matrix: {parallel.mode: [" + join(modes, ", ") + "]}\n"));
    EXPECT_EQ(migrated(fixture("plain_sft.yaml")).experiment.find("# matrix"), std::string::npos);
}

TEST(MigratedExperiment, TakesItsNameFromTheRunOrTheFile) {
    EXPECT_THAT(migrated(baseText(2, "run_name: 'long context #2'\n")).experiment,
                HasSubstr("\nname: \"long context #2\"\n"));
    EXPECT_THAT(migrated(inputOf(baseText(2), "/a/b/\x01.yaml")).experiment,
                HasSubstr("\nname: migrated\n"));
}

TEST(MigratedExperiment, IsNotBrokenByWhatTheSourceSays) {
    const MigrationInput input = inputOf(
        baseText(2, "run_name: \"a: 'b' # {c}\"\ncutoff_len: 512 # 1\ndataset: \"x\\ny: z\"\n"),
        "evil\nname: x.yaml");
    const Migration migration = migrated(input);
    EXPECT_EQ(configOf(migration).train.seqLen, 512);
    EXPECT_THAT(migration.experiment, HasSubstr("\nname: \"a: 'b' # {c}\"\n"));
}

}  // namespace
}  // namespace ringscope
