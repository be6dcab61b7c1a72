#include "backend/compare/verdict.h"

#include "backend/config/field_table.h"
#include "tests/backend/compare/sample_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

namespace ringscope {
namespace {

std::string verdict(const std::vector<RunRecord>& runs) { return compareRuns(runs)->verdict; }

RunRecord withoutParity(RunRecord run) {
    run.parity.reset();
    return run;
}

TEST(Verdict, NamesTheFastestWithTheNoiseOfTheRepeats) {
    EXPECT_EQ(
        verdict({repeated(finishedRun("legacy", 100), 0), repeated(finishedRun("legacy", 95), 1),
                 finishedRun("ring", 80), repeated(finishedRun("zigzag", 45), 0),
                 repeated(finishedRun("zigzag", 44), 1)}),
        "zigzag is 2.2 × legacy (2.1–2.3) and the same model");
}

TEST(Verdict, SaysWhereThereWereNoRepeats) {
    EXPECT_EQ(verdict({finishedRun("legacy", 100), finishedRun("zigzag", 50)}),
              "zigzag is 2.0 × legacy (one run each) and the same model");
}

TEST(Verdict, CallsOverlappingRepeatsNoClearDifference) {
    EXPECT_EQ(
        verdict({repeated(finishedRun("legacy", 100), 0), repeated(finishedRun("legacy", 90), 1),
                 repeated(finishedRun("ring", 98), 0), repeated(finishedRun("ring", 91), 1)}),
        "no clear difference between ring and legacy: 1.00 × legacy (0.92–1.1) and the same "
        "model");
}

TEST(Verdict, SaysThatNothingIsFaster) {
    EXPECT_EQ(
        verdict({finishedRun("legacy", 50), finishedRun("ring", 100), finishedRun("zigzag", 80)}),
        "nothing is faster than legacy: zigzag, the next, is 0.62 × legacy (one run each) and "
        "the same model");
}

TEST(Verdict, ShoutsThatTheFastestIsAnotherModelAndOffersTheNext) {
    EXPECT_EQ(
        verdict({finishedRun("legacy", 100), finishedRun("ring", 80),
                 withParity(finishedRun("zigzag", 50), 0.0031)}),
        "zigzag is 2.0 × legacy (one run each) but NOT the same model: its loss differs by "
        "3.1e-03, where at most 1e-05 is rounding; the fastest that is the same model is ring, "
        "1.2 × legacy");
}

TEST(Verdict, NamesTheGradientNormWhereTheLossAloneLooksRight) {
    EXPECT_THAT(
        verdict({finishedRun("legacy", 100), withParity(finishedRun("ring", 50), 0, 0.5)}),
        testing::HasSubstr("NOT the same model: its gradient norm differs by 5.0e-01, where "
                           "at most 1e-04 is rounding"));
}

TEST(Verdict, AdmitsThatParityIsUnknown) {
    EXPECT_EQ(
        verdict({finishedRun("legacy", 100), withoutParity(finishedRun("ring", 50))}),
        "ring is 2.0 × legacy (one run each); whether it is the same model is unknown, for want "
        "of an unsharded run to compare with");
}

TEST(Verdict, SaysThatTheFastestIsTheUnshardedModelOnFewerRanks) {
    RunRecord none = withoutParity(finishedRun("none", 50));
    none.ranks = 1;
    EXPECT_EQ(verdict({finishedRun("legacy", 100), none}),
              "none is 2.0 × legacy (one run each) on 1 rank instead of 2 and the unsharded model "
              "itself");
}

TEST(Verdict, NamesWhatDidNotFinish) {
    EXPECT_EQ(
        verdict({finishedRun("legacy", 100), failedRun("ring"), finishedRun("zigzag", 50)}),
        "zigzag is 2.0 × legacy (one run each) and the same model; ring did not finish: rank 1 "
        "was ended by SIGKILL");
    EXPECT_EQ(verdict({finishedRun("legacy", 100), repeated(failedRun("ring"), 0),
                       repeated(finishedRun("ring", 50), 1)}),
              "ring is 2.0 × legacy (one run each) and the same model; 1 of 2 runs of ring did not "
              "finish: rank 1 was ended by SIGKILL");
}

TEST(Verdict, QuotesTheFirstLineOfALongReason) {
    RunRecord ring = failedRun("ring");
    ring.statusReason = "out of memory.\n  at allocator.cpp:12";
    EXPECT_THAT(verdict({finishedRun("legacy", 100), ring, finishedRun("zigzag", 50)}),
                testing::EndsWith("; ring did not finish: out of memory"));
    ring.statusReason = std::string(159, 'x') + "é and much more";
    EXPECT_THAT(verdict({finishedRun("legacy", 100), ring, finishedRun("zigzag", 50)}),
                testing::EndsWith("did not finish: " + std::string(159, 'x') + "…"));
}

TEST(Verdict, SpeaksWithoutABaselineThatFinished) {
    EXPECT_EQ(
        verdict({failedRun("legacy"), finishedRun("ring", 50)}),
        "legacy, the baseline, did not finish: rank 1 was ended by SIGKILL; the fastest of the "
        "others is ring with 20,000 tokens/s and the same model");
}

TEST(Verdict, SpeaksWhereNoCandidateFinished) {
    EXPECT_EQ(
        verdict({finishedRun("legacy", 100), failedRun("ring")}),
        "legacy reached 10,000 tokens/s, and there is no other speed to compare it with; ring "
        "did not finish: rank 1 was ended by SIGKILL");
}

TEST(Verdict, SpeaksOfOneGroupAlone) {
    EXPECT_EQ(verdict({finishedRun("legacy", 100)}),
              "legacy reached 10,000 tokens/s, and there is no other speed to compare it with");
    RunRecord queued = finishedRun("legacy", 100);
    queued.status = RunStatus::Queued;
    EXPECT_EQ(verdict({queued}), "nothing to compare yet: no run has a speed");
}

TEST(Verdict, AnswersForEverySettingOfTheBaseline) {
    const auto at = [](RunRecord run, std::int64_t seqLen) {
        run.config.train.seqLen = seqLen;
        run.computation = std::to_string(seqLen);
        return run;
    };
    EXPECT_EQ(
        verdict({at(finishedRun("legacy", 100), 4096), at(finishedRun("legacy", 300), 8192),
                 at(finishedRun("ring", 50), 4096), at(finishedRun("ring", 100), 8192)}),
        "the runs differ in length (4,096, 8,192 tokens): with 4,096 tokens, ring is 2.0 × legacy "
        "(one run each) and the same model; with 8,192 tokens, ring is 3.0 × legacy (one run "
        "each) and the same model");
}

// nano on 4 ranks and tiny on 2, picked by hand.
TEST(Verdict, SaysFirstInWhatRunsOfDifferentModelsDifferAndNeverThatTheyAreTheSame) {
    const auto preset = [](RunRecord run, const char* name) {
        for (const ModelPreset& known : modelPresets()) {
            if (known.name != name) continue;
            run.config.model = known.model;
            run.config.model.preset = known.name;
        }
        run.computation = name;
        return run;
    };
    RunRecord nano = preset(finishedRun("ring", 450), "nano");
    nano.ranks = nano.config.parallel.sp = 4;
    const std::string said = verdict({preset(finishedRun("legacy", 100), "tiny"), nano});
    EXPECT_EQ(
        said,
        "the runs differ in model (tiny, nano) and ranks (2, 4): nothing is faster than "
        "legacy model.preset=tiny ranks=2: ring model.preset=nano ranks=4, the next, is 0.22 × "
        "legacy model.preset=tiny ranks=2 (one run each) on 4 ranks instead of 2, not like for "
        "like; it trains the model of its own unsharded run");
}

TEST(Verdict, GivesTheSpreadOfRepeatsAlone) {
    EXPECT_EQ(
        verdict({repeated(finishedRun("ring", 100), 0), repeated(finishedRun("ring", 95), 1),
                 repeated(finishedRun("ring", 90), 2)}),
        "ring reached 10,526 tokens/s (10,000 to 11,111 in 3 runs: a spread of 11 %), and there "
        "is no other speed to compare it with");
}

TEST(Verdict, SumsUpManySections) {
    std::vector<RunRecord> runs;
    for (const std::int64_t length : {1024, 2048, 4096}) {
        for (const char* mode : {"legacy", "ring", "zigzag"}) {
            const double ms = mode[0] == 'l' ? 100.0 : mode[0] == 'r' ? 50.0 : length / 40.0;
            runs.push_back(finishedRun(mode, ms));
            runs.back().config.train.seqLen = length;
            runs.back().computation = std::to_string(length);
        }
    }
    EXPECT_EQ(verdict(runs),
              "the runs differ in length (1,024, 2,048, 4,096 tokens): ring is the fastest in 2 "
              "of 3 sections (2.0 × legacy), zigzag in 1 (3.9 × legacy); each is the same model "
              "as its own unsharded run");
    runs[4] = withParity(runs[4], 0.5);  // the fastest with 2,048 tokens
    EXPECT_THAT(verdict(runs), testing::HasSubstr("; ring seq_len=2048 is NOT the same model: "));
}

TEST(Verdict, CountsTheFailuresItDoesNotName) {
    std::vector<RunRecord> runs = {finishedRun("legacy", 100), finishedRun("zigzag", 50)};
    for (const char* mode : {"ring", "ulysses", "none"}) {
        runs.push_back(failedRun(mode));
        runs.back().statusReason = std::string(mode) + " broke";
    }
    EXPECT_THAT(verdict(runs),
                testing::EndsWith("; ring did not finish: ring broke; ulysses did not finish: "
                                  "ulysses broke; 1 more did not finish"));
}

TEST(Verdict, NamesTheWaitOfTheGroupThatWaitsForTheLargestPartOfItsSteps) {
    EXPECT_EQ(verdict({withOverlap(finishedRun("legacy", 100), 40, 15, 1),
                       withOverlap(finishedRun("ring", 60), 20, 12, 3),
                       withOverlap(finishedRun("zigzag", 50), 2, 1, 0)}),
              "zigzag is 2.0 × legacy (one run each) and the same model; ring waits 12.0 ms of a "
              "60.0 ms step, mostly for rank 3");
}

TEST(Verdict, IsSilentAboutWaitsThatCostLittle) {
    EXPECT_EQ(verdict({withOverlap(finishedRun("legacy", 100), 8, 9.9, 1),
                       withOverlap(finishedRun("zigzag", 50), 2, 1, 0)}),
              "zigzag is 2.0 × legacy (one run each) and the same model");
}

TEST(Verdict, NamesNoLateRankWhereRepeatsDisagreeOnIt) {
    EXPECT_EQ(verdict({finishedRun("legacy", 100),
                       withOverlap(repeated(finishedRun("ring", 50), 0), 20, 10, 0),
                       withOverlap(repeated(finishedRun("ring", 50), 1), 20, 10, 1)}),
              "ring is 2.0 × legacy (2.0–2.0) and the same model; ring waits 10.0 ms of a "
              "50.0 ms step");
}

}  // namespace
}  // namespace ringscope
