#include "kernels/attention/head_exchange.h"

#include "backend/plan/mode_table.h"
#include "tests/kernels/attention/noting_group.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>

namespace ringscope {
namespace {

using test::NotingGroup;
using ::testing::ElementsAre;

constexpr int ranks = 2;
constexpr int thisRank = 1;
constexpr std::int64_t rows = 3;  // of each rank

AttentionShape shapeOf(std::int64_t heads, std::int64_t kvHeads) {
    return {
        .ranks = ranks, .tokens = ranks * rows, .heads = heads, .kvHeads = kvHeads, .headDim = 4};
}

at::Tensor randomRows(std::int64_t heads) { return at::randn({1, rows, heads, 4}); }

// Rank 1 of two under ulysses; rank 0 holds the same tensors.
struct Exchanging {
    explicit Exchanging(const AttentionShape& shape)
        : counts{shape.heads, shape.kvHeads},
          schedule(findMode("ulysses")->schedule(shape).value()),
          steps(stepsOf(schedule, thisRank)),
          given{randomRows(shape.heads), randomRows(shape.kvHeads), randomRows(shape.kvHeads)} {}

    HeadCounts counts;
    Schedule schedule;
    RankSchedule steps;
    HeadTensors given;
    NotingGroup group{thisRank, ranks};
    BufferPool pool{1 << 20};
    RankPart part{steps, schedule.owned, group, pool};
};

// Rows of both ranks, as rank 0 holds what rank 1 does.
at::Tensor ofBothRanks(const at::Tensor& rows) { return at::cat({rows, rows}, 1); }

TEST(HeadExchange, BringsTheRanksHeadsOfAllTokens) {
    Exchanging at(shapeOf(4, 2));
    HeadExchange exchange(at.part, at.steps.forward, at.counts, at.given);
    const HeadTensors here = exchange.receive(at.steps.forward[0]);
    EXPECT_TRUE(at::equal(here[Q], ofBothRanks(at.given[Q].narrow(2, 2, 2))));
    EXPECT_TRUE(at::equal(here[K], ofBothRanks(at.given[K].narrow(2, 1, 1))));
    EXPECT_TRUE(at::equal(here[V], ofBothRanks(at.given[V].narrow(2, 1, 1))));
}

TEST(HeadExchange, BringsTheHeadsOfEachStepInTheirTurn) {
    Exchanging at(shapeOf(8, 8));  // four of each for a rank, one a step
    HeadExchange exchange(at.part, at.steps.forward, at.counts, at.given);
    ASSERT_EQ(at.steps.forward.size(), 4U);
    for (const Step& step : at.steps.forward) {
        const HeadTensors here = exchange.receive(step);
        EXPECT_EQ(exchange.firstHead(step), 4 + step.index);
        EXPECT_TRUE(at::equal(here[Q], ofBothRanks(at.given[Q].narrow(2, 4 + step.index, 1))))
            << "step " << step.index;
        exchange.sendBack(step, {here[Q]});
    }
}

TEST(HeadExchange, ReturnsTheHeadsOfAllRanksForOwnTokens) {
    Exchanging at(shapeOf(4, 4));
    HeadExchange exchange(at.part, at.steps.forward, at.counts, at.given);
    for (const Step& step : at.steps.forward)
        exchange.sendBack(step, {exchange.receive(step)[Q].mul(10)});
    // Rank 0 returns the same for its own heads.
    const at::Tensor own = at.given[Q].narrow(2, 2, 2).mul(10);
    EXPECT_TRUE(at::equal(exchange.returned()[Q], at::cat({own, own}, 2)));
}

TEST(HeadExchange, GivesRanksThatShareAKeyHeadACopyEach) {
    Exchanging at(shapeOf(4, 1));
    HeadExchange exchange(at.part, at.steps.forward, at.counts, at.given);
    const HeadTensors here = exchange.receive(at.steps.forward[0]);
    EXPECT_TRUE(at::equal(here[K], ofBothRanks(at.given[K])));
    EXPECT_TRUE(at::equal(here[V], ofBothRanks(at.given[V])));
}

TEST(HeadExchange, SumsTheGradientsOfCopiesOfAKeyHead) {
    Exchanging at(shapeOf(4, 1));
    const at::Tensor dOut = randomRows(4);
    HeadExchange exchange(at.part, at.steps.backward, at.counts, {dOut});
    const at::Tensor dk = randomRows(1);
    const at::Tensor dv = randomRows(1);
    const Step& step = at.steps.backward[0];
    const HeadTensors here = exchange.receive(step);
    EXPECT_TRUE(at::equal(here[Q], ofBothRanks(dOut.narrow(2, 2, 2))));
    exchange.sendBack(step, {here[Q], ofBothRanks(dk), ofBothRanks(dv)});
    EXPECT_TRUE(at::equal(exchange.returned()[K], dk.mul(2)));
    EXPECT_TRUE(at::equal(exchange.returned()[V], dv.mul(2)));
}

TEST(HeadExchange, ExchangesTheNextHeadsAndReturnsTheLastOnesWhileAStepComputes) {
    Exchanging at(shapeOf(4, 4));
    HeadExchange exchange(at.part, at.steps.forward, at.counts, at.given);
    for (const Step& step : at.steps.forward) {
        const HeadTensors here = exchange.receive(step);
        at.group.notes.events.emplace_back("blocks");
        exchange.sendBack(step, {here[Q].clone()});
    }
    EXPECT_THAT(at.group.notes.events,
                ElementsAre("all-to-all", "done all-to-all", "all-to-all", "blocks", "all-to-all",
                            "done all-to-all", "blocks", "done all-to-all", "all-to-all",
                            "done all-to-all"));
}

TEST(HeadExchange, GivesItsBuffersBack) {
    Exchanging at(shapeOf(4, 4));
    HeadExchange exchange(at.part, at.steps.backward, at.counts, {at.given[Q]});
    for (const Step& step : at.steps.backward) {
        const at::Tensor here = exchange.receive(step)[Q];
        exchange.sendBack(step, {here.clone(), here.clone(), here.clone()});
    }
    EXPECT_EQ(at.pool.inUse(), 0);
}

TEST(HeadExchange, LeavesQueriesAndKeysToTheirHolder) {
    Exchanging at(shapeOf(4, 4));
    HeadTensors here;
    at::Tensor before;
    {
        HeadExchange exchange(at.part, at.steps.forward, at.counts, at.given);
        here = exchange.receive(at.steps.forward[0]);
        before = here[K].clone();
        exchange.sendBack(at.steps.forward[0], {here[Q]});
        exchange.sendBack(at.steps.forward[1], {exchange.receive(at.steps.forward[1])[Q]});
    }
    EXPECT_TRUE(at::equal(here[K], before));
}

}  // namespace
}  // namespace ringscope
