// A layer that ranks run under a mode, and its results brought together on rank 0.
#include "kernels/verify/layer_run.h"

#include "backend/plan/blocks.h"
#include "backend/plan/mode_table.h"
#include "tests/kernels/attention/reference.h"
#include "tests/kernels/comm/rank_threads.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::distance;

constexpr int ranks = 3;

AttentionCase smallCase() {
    AttentionCase problem{.batch = 2, .tokens = 48, .heads = 6, .kvHeads = 3, .headDim = 4};
    problem.type = NumberFormat::Fp64;
    problem.seed = 5;
    return problem;
}

Schedule scheduleOf(const Mode& mode, const AttentionCase& problem) {
    const AttentionShape shape{.ranks = ranks,
                               .batch = problem.batch,
                               .tokens = problem.tokens,
                               .heads = problem.heads,
                               .kvHeads = problem.kvHeads,
                               .headDim = problem.headDim,
                               .causal = problem.causal,
                               .latentColumns = problem.latent ? problem.latent->width() : 0,
                               .elementBytes = 8,
                               .gradientAccumulatorBytes = 8};
    AttentionShape padded = shape;
    padded.tokens = paddedTokens(mode, shape);
    const AttentionMask mask = paddedMask({.causal = shape.causal}, shape.tokens, padded.tokens);
    Schedule schedule = mode.schedule(padded).value();
    return mask.plain() ? schedule : masked(std::move(schedule), mask);
}

class LayerUnder : public ::testing::TestWithParam<std::string> {
protected:
    const Mode& mode() const { return *findMode(GetParam()); }
    void expectReference(const AttentionCase& problem) const;
};

void LayerUnder::expectReference(const AttentionCase& problem) const {
    const Schedule schedule = scheduleOf(mode(), problem);
    const CaseResults expected = referenceAttention(problem, PatternMask::make(problem).value(),
                                                    makeInputs(problem, allTokens(problem)));
    test::runRanks(ranks, [&](Group& group) {
        const auto attention = Attention::make(schedule, group.rank(), group).value();
        const LayerShare share = runLayer(problem, *attention, callOf(problem), group,
                                          inputsOfRank(problem, schedule, group.rank()));
        std::vector<int> seen;
        const GatheredLayer layer =
            gatherLayer(problem, schedule, group, share,
                        [&](int rank, const CaseResults&) { seen.push_back(rank); });
        const at::Tensor out = gatherOutput(problem, schedule, group, share.results.out);
        if (group.rank() != 0) {
            EXPECT_FALSE(layer.results.out.defined());
            EXPECT_TRUE(seen.empty());
            return;
        }
        EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
        EXPECT_LT(distance(layer.results.out, expected.out), 1e-11);
        EXPECT_LT(distance(layer.results.lse, expected.lse), 1e-11);
        EXPECT_LT(distance(layer.results.dq, expected.dq), 1e-11);
        EXPECT_LT(distance(layer.results.dk, expected.dk), 1e-11);
        EXPECT_LT(distance(layer.results.dv, expected.dv), 1e-11);
        EXPECT_TRUE(out.equal(layer.results.out));
    });
}

TEST_P(LayerUnder, IsTheReferenceWhenItIsGathered) { expectReference(smallCase()); }

TEST_P(LayerUnder, IsTheReferenceWhereRanksDoNotDivideTheTokens) {
    AttentionCase problem = smallCase();
    for (const std::int64_t tokens : {47, 44, 2}) {
        problem.tokens = tokens;
        problem.causal = tokens != 44;
        expectReference(problem);
    }
}

TEST_P(LayerUnder, IsTheReferenceWhereKeysComeOfLatents) {
    AttentionCase problem = smallCase();
    problem.kvHeads = problem.heads;
    problem.latent = LatentCase{.columns = 5, .rotary = 1};
    expectReference(problem);
    problem.tokens = 47;
    problem.causal = false;
    expectReference(problem);
}

TEST_P(LayerUnder, TellsTheBytesThatEachRankSent) {
    const AttentionCase problem = smallCase();
    const Schedule schedule = scheduleOf(mode(), problem);
    test::runRanks(ranks, [&](Group& group) {
        const auto attention = Attention::make(schedule, group.rank(), group).value();
        const LayerShare share = runLayer(problem, *attention, callOf(problem), group,
                                          inputsOfRank(problem, schedule, group.rank()));
        const GatheredLayer layer =
            gatherLayer(problem, schedule, group, share, [](int, const CaseResults&) {});
        if (group.rank() != 0) return;
        ASSERT_EQ(layer.bytesSent.size(), static_cast<std::size_t>(ranks));
        for (int rank = 0; rank < ranks; ++rank)
            EXPECT_EQ(layer.bytesSent[static_cast<std::size_t>(rank)], sentBytes(schedule, rank))
                << "rank " << rank;
        EXPECT_GT(layer.nanoseconds, 0);
    });
}

std::vector<std::string> shardedModes() {
    std::vector<std::string> names;
    for (const Mode& mode : modeTable())
        if (mode.sharded) names.emplace_back(mode.name);
    return names;
}

INSTANTIATE_TEST_SUITE_P(Modes, LayerUnder, ::testing::ValuesIn(shardedModes()),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::erase(name, '-');
                             return name;
                         });

TEST(GatherOutput, TakesRowsOfAReplicatedModelFromARankThatDidNotComputeThem) {
    const AttentionCase problem = smallCase();
    const Schedule schedule = scheduleOf(*findMode("legacy"), problem);
    test::runRanks(ranks, [&](Group& group) {
        const at::Tensor mine = at::full({problem.batch, problem.tokens, problem.heads, 4},
                                         static_cast<double>(group.rank()), at::kDouble);
        const at::Tensor out = gatherOutput(problem, schedule, group, mine);
        if (group.rank() != 0) return;
        for (int owner = 0; owner < ranks; ++owner)
            for (const TokenSpan& span : schedule.owned.spansOf(owner)) {
                const at::Tensor rows = out.narrow(1, span.begin, span.size());
                EXPECT_FALSE(rows.eq(static_cast<double>(owner)).any().item<bool>())
                    << "rank " << owner;
            }
    });
}

TEST(InputsOfRank, OfAReplicatedModelAddUpToTheWholeGradient) {
    const AttentionCase problem = smallCase();
    const Schedule schedule = scheduleOf(*findMode("legacy"), problem);
    const CaseInputs whole = makeInputs(problem, allTokens(problem));
    at::Tensor sum = at::zeros_like(whole.dOut);
    for (int rank = 0; rank < ranks; ++rank) {
        const CaseInputs inputs = inputsOfRank(problem, schedule, rank);
        EXPECT_TRUE(inputs.q.equal(whole.q)) << "rank " << rank;
        sum.add_(inputs.dOut);
    }
    EXPECT_TRUE(sum.equal(whole.dOut));
}

}  // namespace
}  // namespace ringscope
