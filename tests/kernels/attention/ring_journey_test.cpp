#include "kernels/attention/ring_journey.h"

#include "backend/plan/mode_table.h"
#include "tests/kernels/attention/noting_group.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

namespace ringscope {
namespace {

using test::Notes;
using test::NotingGroup;
using ::testing::ElementsAre;

Notes travel(int ranks, const std::vector<Step>& pass) {
    NotingGroup group(1, ranks);
    BufferPool pool(1 << 20);
    RingJourney journey(group, pool, at::zeros({2, 1, 4, 1, 2}));
    for (const Step& step : pass) {
        journey.beginStep(step);
        group.notes.events.push_back("blocks");
        journey.endStep(step, step.blocks.empty()
                                  ? KeyGradients{}
                                  : KeyGradients{{0, 4}, at::zeros({2, 1, 4, 1, 2})});
    }
    journey.finish();
    return group.notes;
}

RankSchedule ringSteps(int ranks) {
    return stepsOf(
        findMode("ring")
            ->schedule({.ranks = ranks, .tokens = 4 * ranks, .headDim = 2, .causal = false})
            .value(),
        1);
}

TEST(RingJourney, FetchesTheNextKeysWhileAStepComputes) {
    EXPECT_THAT(travel(3, ringSteps(3).forward).events,
                ElementsAre("send KV", "receive KV", "blocks",  //
                            "done send KV", "done receive KV",  //
                            "send KV", "receive KV", "blocks",  //
                            "done send KV", "done receive KV", "blocks"));
}

TEST(RingJourney, SendsGradientsOnWhileTheNextStepComputes) {
    EXPECT_THAT(travel(3, ringSteps(3).backward).events,
                ElementsAre("send KV", "receive KV", "blocks",    //
                            "done send KV", "done receive KV",    //
                            "send KV", "receive KV", "blocks",    //
                            "send dKV",                           //
                            "done send KV", "done receive KV",    //
                            "receive dKV", "blocks",              //
                            "done send dKV", "done receive dKV",  //
                            "send dKV", "receive dKV", "blocks",  //
                            "done send dKV", "done receive dKV"));
}

TEST(RingJourney, NeedsTwoBuffersForKeysAndTwoForGradientsHoweverManyRanks) {
    for (int ranks : {3, 4, 8}) {
        EXPECT_EQ(travel(ranks, ringSteps(ranks).forward).receivedInto.size(), 2U) << ranks;
        // The gradients' own buffer of step 0 is the second one of theirs; those that come home
        // stay.
        EXPECT_LE(travel(ranks, ringSteps(ranks).backward).receivedInto.size(), 5U) << ranks;
    }
}

}  // namespace
}  // namespace ringscope
