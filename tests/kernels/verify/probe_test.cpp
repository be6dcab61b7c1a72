// The probe finds what it is for: modes that attend where they must not, or not where they must.
#include "kernels/verify/probe.h"

#include "backend/plan/mode_table.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

const AttentionCase problem{.batch = 2, .tokens = 48, .heads = 2, .kvHeads = 2, .headDim = 8};

Schedule modeSchedule(const std::string& mode) {
    return findMode(mode)
        ->schedule({.ranks = 4, .batch = 2, .tokens = 48, .heads = 4, .kvHeads = 4})
        .value();
}

// What a mode that computes `computed` gives, judged as one that should compute `asked`.
ProbeVerdict probe(const AttentionCase& asked, const AttentionCase& computed,
                   const std::string& mode = "ring") {
    const Schedule schedule = modeSchedule(mode);
    const Disturbance disturbance = probeOf(asked, schedule);
    CaseInputs inputs = makeInputs(asked, allTokens(asked));
    const at::Tensor weights = weightsOfKey(
        asked, PatternMask::make(asked).value(), inputs,
        referenceAttention(asked, PatternMask::make(asked).value(), inputs), disturbance.token);
    const at::Tensor before =
        referenceAttention(computed, PatternMask::make(computed).value(), inputs)
            .out.to(at::kFloat);
    disturb(inputs, allTokens(asked), disturbance);
    const at::Tensor after =
        referenceAttention(computed, PatternMask::make(computed).value(), inputs)
            .out.to(at::kFloat);
    return judgeProbe(asked, PatternMask::make(asked).value(), schedule, disturbance, weights,
                      before, after);
}

AttentionCase withDocuments(std::vector<std::int64_t> boundaries) {
    AttentionCase other = problem;
    other.documents = std::move(boundaries);
    return other;
}

TEST(Probe, AcceptsCorrectAttention) {
    for (const char* mode : {"ring", "zigzag", "legacy", "ulysses"}) {
        const ProbeVerdict verdict = probe(problem, problem, mode);
        EXPECT_TRUE(verdict.ok()) << mode << ": " << verdict.text();
        EXPECT_EQ(verdict.ranksChanged, 4) << mode;
        EXPECT_EQ(verdict.rowsChanged, 48 - verdict.token) << mode;
    }
    EXPECT_TRUE(probe(withDocuments({0, 5, 48}), withDocuments({0, 5, 48})).ok());
}

TEST(Probe, FindsRanksThatAttendToTheirOwnShardAlone) {
    const ProbeVerdict verdict = probe(problem, withDocuments({0, 12, 24, 36, 48}));
    EXPECT_FALSE(verdict.ok());
    EXPECT_EQ(verdict.rowsMissed, 36);
    EXPECT_EQ(verdict.ranksChanged, 1);
    EXPECT_EQ(verdict.text(), "36 rows that attend to token 3 did not change");
}

TEST(Probe, FindsAttentionToTheFuture) {
    AttentionCase full = problem;
    full.causal = false;
    const ProbeVerdict verdict = probe(problem, full);
    EXPECT_FALSE(verdict.ok());
    EXPECT_EQ(verdict.rowsLeaked, 3);
}

TEST(Probe, FindsAttentionAcrossDocuments) {
    const ProbeVerdict verdict = probe(withDocuments({0, 20, 48}), problem);
    EXPECT_FALSE(verdict.ok());
    EXPECT_EQ(verdict.rowsLeaked, 28);
    EXPECT_EQ(verdict.text(), "28 rows changed that must not see token 3");
}

TEST(Probe, FindsAnIgnoredWindow) {
    AttentionCase window = problem;
    window.window = AttentionWindow{4, 0};
    EXPECT_EQ(probe(window, problem).rowsLeaked, 48 - 3 - 5);
}

TEST(Probe, FindsAnOutputThatDoesNotDependOnTheInput) {
    const Schedule schedule = modeSchedule("ring");
    const at::Tensor still = at::zeros({2, 48, 2, 8});
    const ProbeVerdict verdict =
        judgeProbe(problem, PatternMask::make(problem).value(), schedule,
                   probeOf(problem, schedule), at::zeros({48, 2}, at::kDouble), still, still);
    EXPECT_FALSE(verdict.ok());
    EXPECT_EQ(verdict.text(), "no row changed with token 3");
}

}  // namespace
}  // namespace ringscope
