// The old way and the new way of a migration, as an experiment.
#include "backend/migration/proof.h"

#include "backend/config/mode_names.h"
#include "backend/plan/run_plan.h"
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

Proof proofFor(const std::string& parallel) {
    Result<Proof> proof = proofOf(migrated(
        "model: {preset: nano}\ntrain: {seq_len: 1024}\nparallel: {sp: 2, " + parallel + "}\n"));
    if (proof.ok()) return std::move(proof).value();
    ADD_FAILURE() << proof.error().message;
    return {};
}

// Of legacy and of the mode.
void expectBothRun(const Proof& proof) {
    const ExperimentReading reading = readExperiment({.fileName = "proof.yaml",
                                                      .fileText = proof.experiment,
                                                      .environment = {},
                                                      .overrides = {}});
    for (const ConfigProblem& problem : reading.problems) ADD_FAILURE() << problem.text();
    const std::vector<ExpandedRun> runs = expandRuns(reading.experiment);
    ASSERT_EQ(runs.size(), 2U);
    EXPECT_EQ(runs.front().config.parallel.mode, modenames::legacy);
    for (const ExpandedRun& run : runs) {
        const Result<RunPlan> plan = planRun(run.config);
        EXPECT_TRUE(plan.ok()) << plan.error().message;
    }
}

TEST(Proofs, LeaveOutLayoutsThatLegacyLacksAndSaySo) {
    for (const char* parallel :
         {"mode: zigzag, token_order: hilbert", "mode: ring, token_order: hilbert, image: [32, 32]",
          "mode: hilbert", "mode: llama3, layout: zigzag", "mode: zigzag, layout: documents"}) {
        SCOPED_TRACE(parallel);
        const Proof proof = proofFor(parallel);
        EXPECT_THAT(proof.notes, Contains(HasSubstr("are left out on both sides")));
        expectBothRun(proof);
    }
}

TEST(Proofs, SayNothingOfLayoutsThatAreTheModes) {
    const Proof proof = proofFor("mode: zigzag");
    EXPECT_THAT(proof.notes, IsEmpty());
    expectBothRun(proof);
}

}  // namespace
}  // namespace ringscope
