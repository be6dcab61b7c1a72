// Sections: like is divided by like, everything selected is there, and every row says over what its
// ratio is.
#include "backend/compare/comparison.h"

#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "tests/backend/compare/sweep_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <algorithm>
#include <set>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> sectionTitles(const Comparison& comparison) {
    std::vector<std::string> sectionTitles;
    for (const Section& section : comparison.sections) sectionTitles.push_back(section.title());
    return sectionTitles;
}

std::vector<std::string> rowsOf(const Comparison& comparison, std::size_t section) {
    const std::vector<const RunGroup*> groups = comparison.groups();
    std::vector<std::string> rows;
    for (const std::size_t index : comparison.sections[section].groups)
        rows.push_back(groups[index]->rowLabel);
    return rows;
}

TEST(Sections, OfASweepAreOneForEachLengthAndNumberOfRanks) {
    const Comparison comparison = compareRuns(sweepRuns()).value();
    EXPECT_THAT(
        sectionTitles(comparison),
        ElementsAre("1,024 tokens, 2 ranks", "1,024 tokens, 4 ranks", "2,048 tokens, 2 ranks",
                    "2,048 tokens, 4 ranks", "4,096 tokens, 2 ranks", "4,096 tokens, 4 ranks",
                    "8,192 tokens, 2 ranks", "8,192 tokens, 4 ranks"));
    for (std::size_t s = 0; s < comparison.sections.size(); ++s) {
        EXPECT_THAT(rowsOf(comparison, s), ElementsAre("legacy", "ring", "zigzag"));
        EXPECT_TRUE(comparison.sections[s].holdsBaseline());
    }
    EXPECT_EQ(comparison.unlike,
              "the runs differ in length (1,024 to 8,192 tokens) and ranks (2, 4)");
    EXPECT_THAT(comparison.verdict, HasSubstr("zigzag is the fastest in 5 of 8 sections (1.4 to "
                                              "1.6 × legacy), ring in 3 (1.2 × legacy); each is "
                                              "the same model as its own unsharded run; ring "
                                              "seq_len=8192 ranks=4 waits 483 ms of a 1.97 s "
                                              "step, mostly for rank 3"));
}

TEST(Sections, OfOneComputationAreOneWithoutATitle) {
    RunRecord none = finishedRun("none", 300);
    none.ranks = 1;
    const Comparison comparison =
        compareRuns({none, finishedRun("legacy", 100), finishedRun("ring", 50)}).value();
    EXPECT_THAT(sectionTitles(comparison), ElementsAre(""));
    EXPECT_THAT(rowsOf(comparison, 0), ElementsAre("legacy", "none", "ring"));
    EXPECT_EQ(comparison.unlike, "");
}

TEST(Sections, OfOneModeOnMoreAndMoreRanksAreAllOverTheFirst) {
    const Comparison comparison =
        compareRuns({sweptRun("zigzag", 1024, 2, 100), sweptRun("zigzag", 1024, 4, 50),
                     sweptRun("zigzag", 1024, 8, 40)})
            .value();
    ASSERT_EQ(comparison.candidates.size(), 2U);
    for (const Candidate& candidate : comparison.candidates)
        EXPECT_EQ(candidate.against, "zigzag ranks=2");
    EXPECT_DOUBLE_EQ(*comparison.candidates[1].speedup, 2.5);
}

TEST(Sections, OfOneModeAndManyLengthsHaveNoRatios) {
    const Comparison comparison =
        compareRuns({sweptRun("zigzag", 1024, 2, 100), sweptRun("zigzag", 2048, 2, 300)}).value();
    EXPECT_EQ(comparison.candidates.at(0).against, "");
    EXPECT_FALSE(comparison.candidates[0].speedup.has_value());
    EXPECT_THAT(comparison.verdict, Not(HasSubstr("×")));
}

TEST(Sections, TakeTheChosenBaselinesModeWhereTheChosenRunIsNotThere) {
    std::vector<RunRecord> runs = sweepRuns();
    ASSERT_TRUE(markBaseline(runs, {{"zigzag-1024-2-1"}, {"zigzag-1024-2-2"}}));
    const Comparison comparison = compareRuns(runs).value();
    EXPECT_EQ(comparison.baseline.group.label, "zigzag seq_len=1024 ranks=2");
    const std::vector<const RunGroup*> groups = comparison.groups();
    for (const Section& section : comparison.sections)
        EXPECT_EQ(groups[section.baseline]->rowLabel, "zigzag") << section.title();
    EXPECT_FALSE(markBaseline(runs, {{"no such run"}}));
}

TEST(Sections, WithoutABaselineOfTheirOwnSayThatTheRatioIsNotLikeForLike) {
    const Comparison comparison =
        compareRuns({sweptRun("legacy", 1024, 2, 100), sweptRun("ring", 2048, 2, 300)}).value();
    EXPECT_FALSE(comparison.sections[1].holdsBaseline());
    EXPECT_EQ(comparison.candidates[0].against, "legacy seq_len=1024");
    EXPECT_FALSE(comparison.candidates[0].sameComputation);
    EXPECT_THAT(comparison.verdict, HasSubstr("not like for like"));
}

RunRecord randomRun(int number) {
    const std::vector<std::string> modes = {"none", "legacy", "ring", "zigzag"};
    const std::string mode = *rc::gen::elementOf(modes);
    const int ranks = mode == "none" ? 1 : *rc::gen::elementOf(std::vector<int>{2, 4});
    const auto length = *rc::gen::elementOf(std::vector<std::int64_t>{1024, 2048});
    RunRecord run = sweptRun(mode, length, ranks, *rc::gen::inRange(10, 1000));
    const ModelPreset& preset = modelPresets()[*rc::gen::elementOf(std::vector<std::size_t>{0, 1})];
    run.config.model = preset.model;
    run.config.model.preset = preset.name;
    run.config.train.lr = *rc::gen::elementOf(std::vector<double>{1e-3, 1e-4});
    run.config.launch.threadsPerRank = *rc::gen::inRange(1, 3);
    run.computation = computationIdentity(run.config);
    run.id.text += "-" + std::to_string(number);
    run.device = *rc::gen::elementOf(std::vector<std::string>{"cpu", "cuda"});
    run.baseline = *rc::gen::inRange(0, 8) == 0;
    run.reference = mode == "none" && *rc::gen::arbitrary<bool>();
    if (*rc::gen::inRange(0, 6) == 0) run.status = RunStatus::Failed;
    return run;
}

RC_GTEST_PROP(Sections, HoldEveryRunOnceAndDivideEachRowByOneNamedGroup, ()) {
    std::vector<RunRecord> runs;
    const int count = *rc::gen::inRange(1, 16);
    for (int i = 0; i < count; ++i) runs.push_back(randomRun(i));
    const Comparison comparison = compareRuns(runs).value();
    const std::vector<const RunGroup*> groups = comparison.groups();

    std::multiset<std::string> given, shown;
    for (const RunRecord& run : runs) given.insert(run.id.text);
    std::set<std::string> labels;
    for (const RunGroup* group : groups) {
        for (const RunId& id : group->runs) shown.insert(id.text);
        RC_ASSERT(labels.insert(group->label).second);
    }
    RC_ASSERT(given == shown);

    std::vector<std::size_t> members;
    std::set<std::string> sectionTitles;
    for (const Section& section : comparison.sections) {
        members.insert(members.end(), section.groups.begin(), section.groups.end());
        RC_ASSERT(sectionTitles.insert(section.title()).second);
        std::set<std::string> rows;
        for (const std::size_t index : section.groups) {
            RC_ASSERT(rows.insert(groups[index]->rowLabel).second);
            const Candidate* candidate = comparison.candidate(index);
            const bool isBase = index == section.baseline;
            if (!candidate) continue;
            const std::string over = isBase ? "" : groups[section.baseline]->label;
            RC_ASSERT(candidate->against == over);
        }
    }
    std::ranges::sort(members);
    RC_ASSERT(members.size() == groups.size());
    for (std::size_t i = 0; i < members.size(); ++i) RC_ASSERT(members[i] == i);

    // "And the same model" is said of one computation alone.
    const bool likeForLike =
        std::ranges::any_of(comparison.candidates, [](const Candidate& candidate) {
            return !candidate.against.empty() && candidate.sameComputation;
        });
    if (!likeForLike) {
        RC_ASSERT(comparison.verdict.find("and the same model") == std::string::npos);
        const bool hasRatio = comparison.verdict.find("× ") != std::string::npos;
        const bool warns = comparison.verdict.find("not like for like") != std::string::npos;
        RC_ASSERT(hasRatio == warns);
        RC_ASSERT(!hasRatio || comparison.verdict.starts_with("the runs differ in "));
    }
}

}  // namespace
}  // namespace ringscope
