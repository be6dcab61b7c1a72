#include "backend/compare/comparison.h"

#include "tests/backend/compare/sample_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>

namespace ringscope {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Comparison compared(const std::vector<RunRecord>& runs) { return compareRuns(runs).value(); }

std::vector<std::string> labels(const Comparison& comparison) {
    std::vector<std::string> names;
    for (const RunGroup* group : comparison.groups()) names.push_back(group->label);
    return names;
}

std::vector<std::string> titles(const Comparison& comparison) {
    std::vector<std::string> titles;
    for (const Section& section : comparison.sections) titles.push_back(section.title());
    return titles;
}

RunRecord withSeqLen(RunRecord run, std::int64_t seqLen) {
    run.config.train.seqLen = seqLen;
    run.computation = "seq_len " + std::to_string(seqLen);
    run.id.text += "-" + std::to_string(seqLen);
    return run;
}

RunRecord marked(RunRecord run) {
    run.baseline = true;
    return run;
}

RunRecord asReference(RunRecord run) {
    run.reference = true;
    return run;
}

TEST(CompareRuns, RefusesNoRuns) {
    const Result<Comparison> none = compareRuns({});
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().code, ErrorCode::NotFound);
    EXPECT_EQ(none.error().message, "there are no runs to compare; name at least one run");
}

TEST(CompareRuns, PutsRepeatsOfOneConfigurationTogether) {
    const Comparison comparison =
        compared({finishedRun("legacy", 100), repeated(finishedRun("ring", 50), 0),
                  repeated(finishedRun("ring", 40), 1), repeated(finishedRun("ring", 80), 2)});
    ASSERT_EQ(comparison.candidates.size(), 1U);
    const RunGroup& ring = comparison.candidates[0].group;
    EXPECT_EQ(ring.label, "ring");
    EXPECT_EQ(ring.finished, 3);
    EXPECT_EQ(ring.runs.size(), 3U);
    EXPECT_DOUBLE_EQ(ring.tokensPerSecond->median, 20'000);
    EXPECT_DOUBLE_EQ(ring.tokensPerSecond->low, 12'500);
    EXPECT_DOUBLE_EQ(ring.tokensPerSecond->high, 25'000);
    EXPECT_DOUBLE_EQ(ring.stepMs->median, 50);
    EXPECT_DOUBLE_EQ(ring.peakBytes->median, 104'857'600);
    EXPECT_DOUBLE_EQ(ring.attentionBytesPerStep->median, 4'194'304);
    EXPECT_DOUBLE_EQ(ring.finalLoss->median, 4.5);
}

// "ring" was cut off, and "ring-2" goes on with it.
std::vector<RunRecord> continuedRing() {
    RunRecord first = failedRun("ring");
    RunRecord second = repeated(finishedRun("ring", 50), 1);
    second.continues = Continuation{first.id, 1};
    return {finishedRun("legacy", 100), first, second};
}

TEST(CompareRuns, CountsARunAndWhatItGoesOnFromOnce) {
    const Comparison comparison = compared(continuedRing());
    ASSERT_EQ(comparison.candidates.size(), 1U);
    const RunGroup& ring = comparison.candidates[0].group;
    EXPECT_EQ(ring.runs, std::vector<RunId>{{"id-ring-2"}});
    EXPECT_EQ(ring.failed, 0);
    EXPECT_EQ(ring.finished, 1);
    EXPECT_THAT(comparison.warnings,
                ElementsAre("ring: not a repeat, but continued: id-ring by id-ring-."));
}

TEST(CompareRuns, CountsARunThatIsThereTwiceRemovedFromItsContinuation) {
    std::vector<RunRecord> runs = continuedRing();
    runs[2].continues = Continuation{{"in between"}, 2};
    runs[2].earlier = {{.id = runs[1].id}, {.id = {"in between"}}};
    EXPECT_EQ(compared(runs).candidates[0].group.runs.size(), 1U);
    runs[1].baseline = true;
    EXPECT_EQ(compared(runs).baseline.group.mode, "ring") << "a mark is not lost";
}

TEST(CompareRuns, KeepsAFinishedRunFromWhoseMiddleAnotherWentOn) {
    std::vector<RunRecord> runs = continuedRing();
    runs[1] = finishedRun("ring", 50);
    EXPECT_EQ(compared(runs).candidates[0].group.finished, 2);
    EXPECT_THAT(compared(runs).warnings, IsEmpty());
}

TEST(CompareRuns, TakesTheMarkedBaselineThenLegacyThenNoneThenTheFirst) {
    const RunRecord ring = finishedRun("ring", 50);
    const RunRecord none = finishedRun("none", 90);
    const RunRecord legacy = finishedRun("legacy", 100);
    EXPECT_EQ(compared({ring, none, legacy, marked(finishedRun("zigzag", 40))}).baseline.group.mode,
              "zigzag");
    EXPECT_EQ(compared({ring, none, legacy}).baseline.group.mode, "legacy");
    EXPECT_EQ(compared({ring, none}).baseline.group.mode, "none");
    EXPECT_EQ(compared({ring, finishedRun("zigzag", 40)}).baseline.group.mode, "ring");
}

TEST(CompareRuns, KeepsEveryRunThatWasChosenReferencesToo) {
    RunRecord reference = asReference(finishedRun("none", 90));
    reference.ranks = 1;
    EXPECT_THAT(labels(compared({reference, finishedRun("legacy", 100), finishedRun("ring", 50)})),
                ElementsAre("legacy", "none", "ring"));
    EXPECT_THAT(labels(compared({reference})), ElementsAre("none"));
}

TEST(CompareRuns, CallsTextsByTheirLastNamesWhereThoseDiffer) {
    const auto reading = [](const char* source) {
        RunRecord run = finishedRun("ring", 50);
        run.config.data.source = run.computation = source;
        return run;
    };
    EXPECT_THAT(labels(compared({reading("/a/long/way/to/war.txt"), reading("/home/peace.txt")})),
                ElementsAre("ring source=war.txt", "ring source=peace.txt"));
    EXPECT_THAT(labels(compared({reading("/one/text.txt"), reading("/two/text.txt")})),
                ElementsAre("ring source=/one/text.txt", "ring source=/two/text.txt"));
}

TEST(CompareRuns, TellsDevicesApart) {
    RunRecord onGpu = finishedRun("ring", 10);
    onGpu.device = "cuda";
    const Comparison comparison = compared({finishedRun("ring", 100), onGpu});
    EXPECT_THAT(labels(comparison), ElementsAre("ring device=cpu", "ring device=cuda"));
    EXPECT_THAT(titles(comparison), ElementsAre("cpu", "cuda"));
}

TEST(CompareRuns, GivesRatiosOverTheBaseline) {
    RunRecord ring = finishedRun("ring", 50);
    for (RankRecord& rank : ring.rankRecords) rank.peakMemory.count /= 4;
    for (RankRecord& rank : ring.rankRecords) rank.attentionBytesPerStep.count *= 2;
    const Comparison comparison = compared({finishedRun("legacy", 100), ring});
    const Candidate& candidate = comparison.candidates.at(0);
    EXPECT_DOUBLE_EQ(*candidate.speedup, 2.0);
    EXPECT_DOUBLE_EQ(*candidate.memoryRatio, 0.25);
    EXPECT_DOUBLE_EQ(*candidate.trafficRatio, 2.0);
    EXPECT_EQ(candidate.speed, Speed::Faster);
    EXPECT_EQ(candidate.against, "legacy");
}

TEST(CompareRuns, HasNoTrafficRatioOverABaselineThatSentNothing) {
    RunRecord none = finishedRun("none", 100);
    for (RankRecord& rank : none.rankRecords) rank.attentionBytesPerStep = {};
    EXPECT_FALSE(compared({none, finishedRun("ring", 50)}).candidates[0].trafficRatio.has_value());
}

TEST(CompareRuns, BoundsTheSpeedupByTheRepeatsOfBothSides) {
    const Comparison comparison =
        compared({repeated(finishedRun("legacy", 100), 0), repeated(finishedRun("legacy", 80), 1),
                  repeated(finishedRun("ring", 50), 0), repeated(finishedRun("ring", 40), 1)});
    const RatioInterval interval = comparison.candidates.at(0).speedupInterval.value();
    EXPECT_DOUBLE_EQ(interval.low, 1.6);
    EXPECT_DOUBLE_EQ(interval.high, 2.5);
}

TEST(CompareRuns, LabelsGroupsWithTheSettingsInWhichTheyDiffer) {
    const Comparison comparison = compared({withSeqLen(finishedRun("legacy", 100), 4096),
                                            withSeqLen(finishedRun("ring", 50), 4096),
                                            withSeqLen(finishedRun("ring", 90), 8192)});
    EXPECT_THAT(labels(comparison),
                ElementsAre("legacy seq_len=4096", "ring seq_len=4096", "ring seq_len=8192"));
    ASSERT_EQ(comparison.differences.size(), 1U);
    EXPECT_EQ(comparison.differences[0].path, "train.seq_len");
    EXPECT_THAT(comparison.differences[0].values, ElementsAre("4096", "4096", "8192"));
}

TEST(CompareRuns, ListsDifferencesInTheOrderOfItsGroups) {
    const Comparison comparison = compared({withSeqLen(finishedRun("ring", 50), 4096),
                                            withSeqLen(finishedRun("zigzag", 50), 2048),
                                            withSeqLen(finishedRun("legacy", 90), 8192)});
    EXPECT_THAT(labels(comparison),
                ElementsAre("legacy seq_len=8192", "zigzag seq_len=2048", "ring seq_len=4096"));
    EXPECT_THAT(comparison.differences.at(0).values, ElementsAre("8192", "2048", "4096"));
}

TEST(CompareRuns, SpellsAFieldOutWhereItsLastWordIsNotEnough) {
    RunRecord longer = finishedRun("ring", 50);
    longer.config.train.steps = 20;  // there is a profile.steps as well
    EXPECT_THAT(labels(compared({finishedRun("ring", 100), longer})),
                ElementsAre("ring train.steps=5", "ring train.steps=20"));
}

TEST(CompareRuns, MeasuresEachSettingAgainstItsOwnBaseline) {
    const Comparison comparison = compared(
        {withSeqLen(finishedRun("legacy", 100), 4096), withSeqLen(finishedRun("legacy", 400), 8192),
         withSeqLen(finishedRun("ring", 50), 4096), withSeqLen(finishedRun("ring", 100), 8192)});
    EXPECT_THAT(titles(comparison), ElementsAre("4,096 tokens", "8,192 tokens"));
    ASSERT_EQ(comparison.candidates.size(), 3U);
    EXPECT_EQ(comparison.candidates[0].against, "legacy seq_len=4096");
    EXPECT_EQ(comparison.candidates[0].group.rowLabel, "ring");
    EXPECT_DOUBLE_EQ(*comparison.candidates[0].speedup, 2.0);
    EXPECT_EQ(comparison.candidates[1].against, "");
    EXPECT_FALSE(comparison.candidates[1].speedup.has_value());
    EXPECT_EQ(comparison.candidates[2].against, "legacy seq_len=8192");
    EXPECT_DOUBLE_EQ(*comparison.candidates[2].speedup, 4.0);
    EXPECT_TRUE(comparison.candidates[2].sameComputation);
}

TEST(CompareRuns, CountsWhatDidNotFinishAndTakesNoFigureFromIt) {
    RunRecord running = repeated(finishedRun("ring", 10), 2);
    running.status = RunStatus::Running;
    const Comparison comparison =
        compared({finishedRun("legacy", 100), repeated(finishedRun("ring", 50), 0),
                  repeated(failedRun("ring"), 1), running});
    const RunGroup& ring = comparison.candidates.at(0).group;
    EXPECT_EQ(ring.finished, 1);
    EXPECT_EQ(ring.failed, 1);
    EXPECT_EQ(ring.unfinished, 1);
    EXPECT_EQ(ring.failure, "rank 1 was ended by SIGKILL");
    EXPECT_EQ(ring.tokensPerSecond->samples, 1);
    EXPECT_DOUBLE_EQ(ring.tokensPerSecond->median, 20'000);
}

TEST(CompareRuns, KeepsTheWorstParityOfTheRepeats) {
    const Comparison comparison = compared(
        {finishedRun("legacy", 100), repeated(withParity(finishedRun("ring", 50), 2e-7), 0),
         repeated(withParity(finishedRun("ring", 50), 4e-3), 1)});
    EXPECT_DOUBLE_EQ(comparison.candidates.at(0).group.worstParity->maxLossDiff, 4e-3);
    EXPECT_EQ(parityVerdict(comparison.candidates[0].group), ParityVerdict::Different);
}

TEST(ParityVerdict, HoldsBothLimitsAndCallsNotANumberDifferent) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const auto verdict = [](double loss, double norm, std::int64_t steps) {
        return parityVerdict(Parity{{"r"}, loss, norm, steps}, parityLimits(NumberFormat::Fp32));
    };
    EXPECT_EQ(verdict(1e-5, 1e-4, 5), ParityVerdict::Same);
    EXPECT_EQ(verdict(1.1e-5, 0, 5), ParityVerdict::Different);
    EXPECT_EQ(verdict(0, 1.1e-4, 5), ParityVerdict::Different);
    EXPECT_EQ(verdict(nan, 0, 5), ParityVerdict::Different);
    EXPECT_EQ(verdict(0, 0, 0), ParityVerdict::Unknown);
    EXPECT_EQ(parityVerdict(RunGroup{}), ParityVerdict::Unknown);
    EXPECT_EQ(parityVerdict(RunRecord{}), ParityVerdict::Unknown);
}

TEST(ParityVerdict, AllowsTheCoarserRoundingOfTwoBytes) {
    RunRecord run = withParity(finishedRun("ring", 50), 1.5e-3);
    EXPECT_EQ(parityVerdict(run), ParityVerdict::Different);
    for (const NumberFormat precision : {NumberFormat::Bf16, NumberFormat::Fp16}) {
        run.config.train.precision = precision;
        EXPECT_EQ(parityVerdict(run), ParityVerdict::Same);
        EXPECT_EQ(parityVerdict(compared({run}).baseline.group), ParityVerdict::Same);
        EXPECT_EQ(parityVerdict(Parity{{"r"}, 2.1e-3, 0, 5}, parityLimits(precision)),
                  ParityVerdict::Different);
        EXPECT_EQ(parityVerdict(Parity{{"r"}, 0, 5.1e-2, 5}, parityLimits(precision)),
                  ParityVerdict::Different);
    }
}

TEST(ParityVerdict, AllowsMoreWhereTheOptimizersStateHas8Bits) {
    const Parity parity{{"r"}, 1e-3, 2e-2, 5};
    EXPECT_EQ(parityVerdict(parity, parityLimits(NumberFormat::Fp32)), ParityVerdict::Different);
    EXPECT_EQ(parityVerdict(parity, parityLimits(NumberFormat::Fp32, OptimizerKind::AdamW8bit)),
              ParityVerdict::Same);
}

TEST(Warnings, AreNoneWhereTheRunsAreAlike) {
    EXPECT_THAT(compared({finishedRun("legacy", 100), finishedRun("ring", 50)}).warnings,
                IsEmpty());
}

TEST(Warnings, NameTheGroupsThatDifferInSoftwareAndHosts) {
    RunRecord ring = finishedRun("ring", 50);
    ring.versions = "torch 2.12.0";
    ring.rankRecords[0].host = "node7";
    EXPECT_THAT(
        compared({finishedRun("legacy", 100), ring}).warnings,
        ElementsAre("The runs differ in software: ringscope 0.1.0, torch 2.11.0, gloo (legacy); "
                    "torch 2.12.0 (ring).",
                    "The runs differ in hosts: localhost (legacy); localhost+node7 (ring)."));
}

TEST(Warnings, NameCandidatesOnOtherRanksThanTheirBaseline) {
    RunRecord none = finishedRun("none", 50);
    none.ranks = 1;
    EXPECT_THAT(compared({finishedRun("legacy", 100), none}).warnings,
                ElementsAre("Not on as many ranks as the baseline: none (1, not 2)."));
}

TEST(Warnings, NameCandidatesThatComputeSomethingElse) {
    EXPECT_THAT(compared({withSeqLen(finishedRun("legacy", 100), 4096),
                          withSeqLen(finishedRun("ring", 50), 8192)})
                    .warnings,
                ElementsAre("Not the same computation as the baseline, so speed and loss are not "
                            "like for like: ring seq_len=8192."));
}

TEST(Warnings, AreNoneWhereEverySettingHasItsOwnBaseline) {
    EXPECT_THAT(compared({withSeqLen(finishedRun("legacy", 100), 4096),
                          withSeqLen(finishedRun("ring", 50), 4096),
                          withSeqLen(finishedRun("legacy", 300), 8192),
                          withSeqLen(finishedRun("ring", 150), 8192)})
                    .warnings,
                IsEmpty());
}

TEST(Warnings, StayReadableWithManyGroups) {
    std::vector<RunRecord> runs = {finishedRun("legacy", 100)};
    for (const char* mode : {"ring", "zigzag", "ulysses", "striped", "usp"}) {
        runs.push_back(finishedRun(mode, 50));
        runs.back().versions = "new";
    }
    runs.front().versions = "old";
    EXPECT_THAT(compared(runs).warnings,
                ElementsAre("The runs differ in software: old (legacy); new (ring, zigzag, ulysses "
                            "and 2 more)."));
}

// Blocks of 256 of 1,024 tokens, each with the one before it: 4 triangles and 3 squares of 524,800.
TEST(Warnings, CallAPatternAnotherModelAndHoldItAgainstDenseAttention) {
    RunRecord sparse = finishedRun("ring", 50);
    sparse.config.attention.pattern = {.kind = PatternKind::BlockSparse, .block = 256, .local = 1};
    sparse.computation = "sparse computation";
    sparse.id = {"id-sparse"};
    for (StepRecord& step : sparse.steps) step.loss += 0.5;
    for (RankRecord& rank : sparse.rankRecords) rank.attentionBytesPerStep = {1'048'576};
    RunRecord dense = finishedRun("ring", 100);
    dense.config.attention.pattern.block = 256;
    dense.config.attention.pattern.local = 1;
    sparse.parity = Parity{{"its reference"}, 0, 0, 5};
    EXPECT_EQ(parityVerdict(sparse), ParityVerdict::AnotherModel);
    const Comparison comparison = compared({dense, sparse});
    EXPECT_NEAR(comparison.candidates[0].group.coverage.value(), 0.6254, 1e-4);
    EXPECT_EQ(parityVerdict(comparison.candidates[0].group), ParityVerdict::AnotherModel);
    RunRecord faster = finishedRun("zigzag", 100);
    faster.config.attention.pattern = sparse.config.attention.pattern;
    faster.computation = sparse.computation;
    faster.parity = sparse.parity;
    EXPECT_THAT(compared({sparse, faster}).verdict,
                HasSubstr("; it trains the model of its own unsharded run, another model than "
                          "dense attention: 63 % of the pairs"));
    EXPECT_THAT(comparison.warnings,
                Contains("ring pattern=local 1 of 256 is another model than dense "
                         "attention: attention.pattern block_sparse computes 62.5 % of the pairs "
                         "that the mask grants, 1 in 1.6; after 5 steps its loss is 5, that of "
                         "ring pattern=none 4.5; a rank sends 1.00 MiB a step in "
                         "attention, of ring pattern=none 4.00 MiB."));
}

TEST(Warnings, DoNotCountRunsThatMeasuredNothing) {
    RunRecord failed = failedRun("ring");
    failed.device = "";
    failed.ranks = 4;
    EXPECT_THAT(compared({finishedRun("legacy", 100), failed}).warnings, IsEmpty());
}

TEST(Warnings, NameAModelThatIsNotTheSame) {
    EXPECT_THAT(
        compared({finishedRun("legacy", 100), withParity(finishedRun("ring", 50), 0.031)}).warnings,
        ElementsAre("ring is NOT the same model as the unsharded run: its loss differs by 3.1e-02, "
                    "where at most 1e-05 is rounding."));
}

TEST(Warnings, SayThatOnlyWarmUpStepsWereDone) {
    RunRecord ring = finishedRun("ring", 50);
    ring.steps.resize(1);
    EXPECT_THAT(compared({finishedRun("legacy", 100), ring}).warnings,
                ElementsAre("ring finished without a step after the warm-up, so it has no speed; "
                            "raise train.steps."));
}

TEST(CompareRuns, TakesTheFiguresOfRecordedStepsFromTheRunsThatHaveThem) {
    const RunRecord plain = repeated(finishedRun("ring", 50), 0);
    const auto comparison =
        compareRuns({finishedRun("legacy", 100), plain,
                     withOverlap(repeated(finishedRun("ring", 50), 1), 4, 3, 1),
                     withOverlap(repeated(finishedRun("ring", 50), 2), 6, 5, 1)});
    ASSERT_TRUE(comparison.ok());
    const RunGroup& ring = comparison->candidates[0].group;
    ASSERT_TRUE(ring.exposedMs && ring.waitMs && ring.hiddenPercent);
    EXPECT_EQ(ring.exposedMs->samples, 2);
    EXPECT_EQ(ring.exposedMs->low, 4);
    EXPECT_EQ(ring.exposedMs->high, 6);
    EXPECT_EQ(ring.waitMs->median, 4);
    EXPECT_EQ(ring.hiddenPercent->median, 25);
    EXPECT_EQ(ring.lateRank, 1);
    EXPECT_EQ(ring.busbw->median, 3.0);
    EXPECT_EQ(ring.algbw->samples, 2);
    EXPECT_EQ(comparison->baseline.group.busbw, std::nullopt);
    EXPECT_EQ(comparison->baseline.group.exposedMs, std::nullopt) << "nothing was recorded";
}

}  // namespace
}  // namespace ringscope
