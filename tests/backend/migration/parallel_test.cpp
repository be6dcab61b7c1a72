// Mode, ranks and sequence length: what the old stacks really did, and what can run.
#include "backend/config/mode_aliases.h"
#include "backend/migration/sequence_length.h"
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

MigrationAnswers answer(const std::string& id, const std::string& option) {
    return {.options = {{id, option}}, .acceptDefaults = true};
}

TEST(MigratedMode, IsZigzagWhereABaseFileNamesNone) {
    const Migration migration = migrated(baseText(4));
    EXPECT_EQ(configOf(migration).parallel.mode, "zigzag");
    const KeyVerdict mode = verdictOn(migration, "sequence_parallel_mode");
    EXPECT_EQ(mode.line, 0);
    EXPECT_EQ(mode.verdict, Verdict::Converted);
    EXPECT_THAT(mode.reason, HasSubstr("zigzag-ring is the default of 360-llama-factory"));
    EXPECT_THAT(mode.reason, HasSubstr("deepspeed-alst"));
}

TEST(MigratedMode, IsAskedForWhereAFileOfTheForkNamesNone) {
    const std::string text = baseText(2, "alst_sequence_tiling: true\n");
    const Migration open = migrated(text);
    EXPECT_EQ(verdictOn(open, "sequence_parallel_mode").verdict, Verdict::NeedsDecision);
    EXPECT_THAT(optionIds(open, "mode"), ElementsAre("zigzag", "ulysses"));
    EXPECT_EQ(decisionOf(open, "mode")->defaultOption, "ulysses");
    EXPECT_EQ(configOf(migrated(text, answer("mode", "zigzag"))).parallel.mode, "zigzag");
}

TEST(MigratedMode, OfTheForkIsDangerousBecauseItsAttentionIsNotSharded) {
    const Migration migration = migrated(baseText(2, "sequence_parallel_mode: deepspeed-alst\n"));
    const KeyVerdict mode = verdictOn(migration, "sequence_parallel_mode");
    EXPECT_EQ(mode.verdict, Verdict::Dangerous);
    EXPECT_EQ(mode.newValue, "ulysses");
    EXPECT_THAT(mode.reason, HasSubstr("its own shard"));
}

TEST(MigratedMode, ThatHasNoCounterpartIsAskedFor) {
    for (const char* name : {"telepathy", "none"}) {
        const std::string text = baseText(2, std::string("sequence_parallel_mode: ") + name + "\n");
        EXPECT_THAT(optionIds(migrated(text), "mode"), testing::Contains("ring")) << name;
        EXPECT_THAT(decisionOf(migrated(text), "mode")->question, HasSubstr(name));
        EXPECT_EQ(configOf(migrated(text, answer("mode", "ring"))).parallel.mode, "ring") << name;
    }
}

TEST(MigratedMode, OfGroupsThatSplitHeadsTakesTheirSize) {
    const std::string usp = "sequence_parallel_mode: usp\nsequence_parallel_ulysses_degree: ";
    const Migration fits = migrated(baseText(4, usp + "2\n"));
    EXPECT_EQ(configOf(fits).parallel.mode, "usp");
    EXPECT_EQ(configOf(fits).parallel.ulysses, 2);
    EXPECT_EQ(verdictOn(fits, "sequence_parallel_ulysses_degree").newPath, "parallel.ulysses");

    const Migration torn = migrated(baseText(4, usp + "3\n"));
    EXPECT_EQ(configOf(torn).parallel.ulysses, std::nullopt);
    EXPECT_EQ(verdictOn(torn, "sequence_parallel_ulysses_degree").verdict, Verdict::Dangerous);

    const Migration heads = migrated(baseText(8, usp + "4\n"));  // 14 heads
    EXPECT_EQ(configOf(heads).parallel.ulysses, std::nullopt);
    EXPECT_EQ(configOf(heads).parallel.mode, "usp");
}

TEST(MigratedMode, IsNoneOnOneRank) {
    const Migration migration = migrated(fixture("plain_sft.yaml"), defaultAnswers);
    EXPECT_EQ(configOf(migration).parallel.mode, "none");
    EXPECT_EQ(configOf(migration).parallel.sp, 1);
    EXPECT_EQ(configOf(migrated(baseText(1, "sequence_parallel_mode: ulysses\n"))).parallel.mode,
              "none");
}

TEST(MigratedMode, OfAccelerateFollowsTheBackendThatSplits) {
    const std::string head = "distributed_type: MULTI_GPU\nparallelism_config:\n";
    const std::string context = head + "  parallelism_config_cp_size: 4\n";
    EXPECT_EQ(configOf(migrated(context)).parallel.mode, "ring-allgather");
    EXPECT_EQ(configOf(migrated(context + "  parallelism_config_cp_comm_strategy: alltoall\n"))
                  .parallel.mode,
              "zigzag");
    EXPECT_EQ(
        configOf(migrated(context + "  parallelism_config_cp_backend: deepspeed\n")).parallel.mode,
        "ulysses");
    EXPECT_EQ(configOf(migrated(head + "  parallelism_config_sp_size: 4\n")).parallel.mode,
              "ulysses");
}

TEST(MigratedDegree, LargerThanTheGroupIsDangerousAndTheGroupCounts) {
    const Migration migration = migrated(fixture("alst_fork.yaml"), defaultAnswers);
    EXPECT_THAT(verdictOn(migration, "alst_ulysses_degree").reason,
                HasSubstr("more than the 4 ranks that share a sequence"));
    EXPECT_EQ(configOf(migration).parallel.sp, 4);
}

TEST(MigratedDegree, SmallerThanTheGroupIsAskedFor) {
    const std::string text =
        baseText(14, "sequence_parallel_mode: deepspeed-alst\nalst_ulysses_degree: 2\n");
    EXPECT_THAT(optionIds(migrated(text), "degree"), ElementsAre("14", "2"));
    EXPECT_EQ(configOf(migrated(text, answer("degree", "2"))).parallel.sp, 2);
}

TEST(MigratedRanks, ThatHeadsDoNotDivideAreAskedForWithWhatWouldRun) {
    // 14 heads and 2 key/value heads
    const std::string text = baseText(4, "sequence_parallel_mode: ulysses\n");
    EXPECT_THAT(decisionOf(migrated(text), "ranks")->question, HasSubstr("14 heads"));
    EXPECT_THAT(optionIds(migrated(text), "ranks"),
                ElementsAre("zigzag", "ring", "ulysses-2", "ulysses-14"));
    EXPECT_EQ(configOf(migrated(text)).parallel.mode, "zigzag");
    const RunConfig other = configOf(migrated(text, answer("ranks", "ulysses-2")));
    EXPECT_EQ(other.parallel.mode, "ulysses");
    EXPECT_EQ(other.parallel.sp, 2);
    EXPECT_EQ(decisionOf(migrated(baseText(2, "sequence_parallel_mode: ulysses\n")), "ranks"),
              nullptr);
}

TEST(MigratedLength, IsRoundedAs360Does) {
    EXPECT_EQ(roundedBy360(20000, 8), 20032);
    EXPECT_EQ(roundedBy360(210000, 8), 210048);
    EXPECT_EQ(roundedBy360(128000, 4), 128000);
    EXPECT_EQ(roundedBy360(17, 2), 32);
}

TEST(MigratedLength, ThatTheOldStackChangedInSilenceIsAskedForWithBothNumbers) {
    const std::string text = baseText(8, "cutoff_len: 20000\n");
    const Migration migration = migrated(text);
    EXPECT_THAT(decisionOf(migration, "seq_len")->question,
                HasSubstr("20,000 tokens on 8 ranks became 20,032"));
    EXPECT_EQ(configOf(migration).train.seqLen, 20032);
    EXPECT_EQ(configOf(migrated(text, answer("seq_len", "20000"))).train.seqLen, 20000);
}

TEST(MigratedLength, StaysWhereRanksDoNotDivideIt) {
    const std::string text =
        "compute_environment: LOCAL_MACHINE\nparallelism_config:\n"
        "  parallelism_config_sp_size: 4\n"
        "  parallelism_config_sp_seq_length: 8190\n";
    EXPECT_EQ(decisionOf(migrated(text), "seq_len"), nullptr);
    EXPECT_EQ(configOf(migrated(text)).train.seqLen, 8190);
}

TEST(MigratedLength, IsAskedForWhereNothingSaysIt) {
    const Migration migration = migrated(fixture("zero3_alone.json"));
    EXPECT_EQ(decisionOf(migration, "seq_len")->defaultOption, "4096");
    const Migration wrong = migrated(baseText(2, "cutoff_len: long\n"));
    EXPECT_THAT(verdictOn(wrong, "cutoff_len").reason, HasSubstr("'long'"));
}

TEST(MigratedLimits, GrowWithTheMessagesOfALongSequence) {
    const Migration migration = migrated(fixture("arctic_sp8.yml"), defaultAnswers);
    EXPECT_TRUE(migration.problems.empty()) << migration.problems.front();
    EXPECT_GT(configOf(migration).parallel.commBufferLimit, Bytes{std::int64_t{1} << 30});
    EXPECT_THAT(migration.notes, testing::Contains(HasSubstr("comm_buffer_limit is raised")));
}

}  // namespace
}  // namespace ringscope
