// The old way and the new way of a migration, as an experiment.
#include "backend/migration/proof.h"

#include "backend/config/mode_names.h"
#include "backend/plan/run_plan.h"
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>
#include <array>

namespace ringscope {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Proof proofFor(const std::string& parallel) {
    Result<Proof> proof = proofOf(migrated(
        "model: {preset: nano}\ntrain: {seq_len: 1024}\nparallel: {sp: 2, " + parallel + "}\n"));
    if (proof.ok()) return std::move(proof).value();
    ADD_FAILURE() << proof.error().message;
    return {};
}

// Of both modes of its matrix, this one first.
void expectBothRun(const Proof& proof, std::string_view first) {
    const ExperimentReading reading = readExperiment({.fileName = "proof.yaml",
                                                      .fileText = proof.experiment,
                                                      .environment = {},
                                                      .overrides = {}});
    for (const ConfigProblem& problem : reading.problems) ADD_FAILURE() << problem.text();
    const std::vector<ExpandedRun> runs = expandRuns(reading.experiment);
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(runs.front().config.parallel.mode, first);
    for (const ExpandedRun& run : runs) {
        const Result<RunPlan> plan = planRun(run.config);
        EXPECT_TRUE(plan.ok()) << plan.error().message;
    }
}

TEST(Proofs, LeaveOutLayoutsThatOneRankLacksAndSaySo) {
    for (const char* parallel :
         {"mode: zigzag, token_order: hilbert", "mode: ring, token_order: hilbert, image: [32, 32]",
          "mode: llama3, layout: zigzag", "mode: zigzag, layout: documents"}) {
        SCOPED_TRACE(parallel);
        const Proof proof = proofFor(parallel);
        EXPECT_THAT(proof.notes, Contains(HasSubstr("are left out on both sides")));
        expectBothRun(proof, modenames::none);
    }
    const Proof old = proofFor("mode: hilbert");
    EXPECT_THAT(old.notes, Contains(HasSubstr("as legacy has neither")));
    expectBothRun(old, modenames::legacy);
}

TEST(Proofs, SayNothingOfLayoutsThatAreTheModes) {
    const Proof proof = proofFor("mode: zigzag");
    EXPECT_THAT(proof.notes, ElementsAre(HasSubstr("the old way is the new way, mode zigzag")));
    expectBothRun(proof, modenames::none);
}

// Written down from what the stacks' own code does.
struct OldStack {
    const char* file;
    std::string_view old;
    std::string_view first;  // of the proof
    const char* words;
};
constexpr std::array oldStacks = {
    OldStack{"stacks/lf_sft.yaml", "zigzag", "none", "ring-flash-attention's zigzag ring"},
    OldStack{"stacks/lf_pt.yaml", "usp", "none", "within groups of ranks"},
    OldStack{"alst_fork.yaml", "ulysses", "none", "within a rank's own shard"},
    OldStack{"stacks/titan_old.toml", "ring-allgather", "none", "torch's context parallelism"},
    OldStack{"stacks/titan_8b.toml", "zigzag", "none", "by alltoall"},
    OldStack{"stacks/megatron.sh", "zigzag", "none", "TransformerEngine's p2p"},
    OldStack{"stacks/nemo.yaml", "zigzag", "none", "TransformerEngine's p2p"},
    OldStack{"stacks/megatron_deepspeed.sh", "ulysses", "none", "as in DeepSpeed-Ulysses"},
    OldStack{"arctic_sp8.yml", "ulysses", "none", "as in DeepSpeed-Ulysses"},
    OldStack{"zero3_alone.json", "ulysses", "none", "the file alone splits no attention"},
    OldStack{"stacks/axolotl_full.yaml", "llama3", "none", "gathers keys and values some heads"},
    OldStack{"stacks/openrlhf_sft.sh", "llama3", "none", "ring-flash-attention's llama3"},
    OldStack{"stacks/guide.py", "legacy", "legacy", "whatever their names say"},
};

TEST(Proofs, TakeTheOldWayThatTheStackComputedAndSent) {
    for (const OldStack& wanted : oldStacks) {
        SCOPED_TRACE(wanted.file);
        const Migration migration = migrated(fixture(wanted.file), defaultAnswers);
        EXPECT_EQ(migration.oldWay.mode, wanted.old);
        EXPECT_THAT(migration.oldWay.words, HasSubstr(wanted.words));
        const Result<Proof> proof = proofOf(migration);
        ASSERT_TRUE(proof.ok()) << proof.error().message;
        EXPECT_THAT(proof->notes, Contains(HasSubstr(migration.oldWay.words)));
        expectBothRun(*proof, wanted.first);
    }
}

TEST(Proofs, HaveOneRankWhereTheOldWayCannotRun) {
    const Migration migration =
        migrated(baseText(4, "sequence_parallel_mode: ulysses\ncutoff_len: 4096\n"),
                 {.options = {{"ranks", "ring"}}, .acceptDefaults = true});
    ASSERT_NE(decisionOf(migration, "ranks"), nullptr) << "14 heads over 4 ranks";
    EXPECT_EQ(migration.oldWay.mode, "ulysses");
    const Result<Proof> proof = proofOf(migration);
    ASSERT_TRUE(proof.ok()) << proof.error().message;
    EXPECT_THAT(proof->notes, Contains(HasSubstr("it cannot run here")));
    expectBothRun(*proof, modenames::none);
}

TEST(Proofs, HaveNothingOfWhatWasNotSplit) {
    EXPECT_EQ(migrated(fixture("stacks/trl_dpo.yaml"), defaultAnswers).oldWay.mode, "");
}

}  // namespace
}  // namespace ringscope
