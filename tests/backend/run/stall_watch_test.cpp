// Ranks that stand still, that are slow, and that wait for either.
#include "backend/run/stall_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class StallWatchTest : public ::testing::Test {
protected:
    // A second passes in which every rank says where it is; returns what there is to say.
    std::optional<std::string> passes(const std::vector<RankPlace>& places, int times = 1) {
        std::optional<std::string> said;
        for (int i = 0; i < times; ++i) {
            for (int half = 0; half < 4; ++half) {
                now += milliseconds(250);
                if (const auto sentence = watch.check(now)) said = sentence;
            }
            for (const RankPlace& place : places) watch.heard(place, now);
        }
        return said;
    }
    static RankPlace receiving(int rank, int from, std::int64_t changes = 1) {
        return {.rank = rank,
                .step = 3,
                .layer = 1,
                .ringStep = 0,
                .peer = from,
                .pass = "forward",
                .operation = "receive",
                .waits = true,
                .changes = changes};
    }
    // `used`: processor time so far.
    static RankPlace computing(int rank, Nanos used, std::int64_t changes = 1) {
        return {.rank = rank,
                .step = 3,
                .layer = 2,
                .pass = "backward",
                .operation = "block",
                .changes = changes,
                .processorTime = used};
    }

    StallWatch watch{3, seconds(5)};
    StallWatch::Time now{};
};

TEST_F(StallWatchTest, NamesTheSilentRankAndThoseWhoWaitForIt) {
    EXPECT_EQ(passes({receiving(0, 1), receiving(1, 2), receiving(2, 0)}), std::nullopt);
    const auto said = passes({receiving(0, 1), receiving(2, 0)}, 6);
    EXPECT_EQ(
        said,
        "rank 1 stands still: nothing was heard of it for 5.25 s, last in step 3, layer 1, "
        "forward, ring step 0, receiving from rank 2; rank 0 waits for rank 1 since 5.25 s in "
        "step 3, layer 1, forward, ring step 0, receiving from rank 1; rank 2 waits for rank "
        "0 since 5.25 s in step 3, layer 1, forward, ring step 0, receiving from rank 0 "
        "(launch.stall is 5.00 s)");
    EXPECT_EQ(passes({receiving(0, 1), receiving(2, 0)}, 20), std::nullopt) << "said once";
}

TEST_F(StallWatchTest, SaysNothingOfRanksThatWaitForASlowOne) {
    for (int second = 0; second < 60; ++second)
        EXPECT_EQ(passes({receiving(0, 1), computing(1, Nanos(seconds(second))), receiving(2, 1)}),
                  std::nullopt)
            << second;
}

TEST_F(StallWatchTest, NamesARankThatDoesNothingWithoutWaiting) {
    const auto said = passes({receiving(0, 1), computing(1, Nanos(0)), receiving(2, 1)}, 8);
    ASSERT_TRUE(said);
    EXPECT_THAT(*said, ::testing::StartsWith("rank 1 stands still: it has done nothing for 5.25 s "
                                             "in step 3, layer 2, backward, computing attention; "
                                             "rank 0 waits for rank 1 "));
}

TEST_F(StallWatchTest, NamesAllWhereEachWaitsForAnother) {
    const auto said = passes({receiving(0, 1), receiving(1, 2), receiving(2, 0)}, 8);
    ASSERT_TRUE(said);
    EXPECT_THAT(*said, ::testing::StartsWith("all ranks wait for each other: rank 0 waits for "
                                             "rank 1 since 5.25 s in step 3"));
}

TEST_F(StallWatchTest, ARankThatMovesMeanwhileIsNotStanding) {
    for (int second = 0; second < 30; ++second)
        EXPECT_EQ(passes({receiving(0, 1, second), receiving(1, 2, second / 4),
                          receiving(2, 0, second / 4)}),
                  std::nullopt);
}

TEST_F(StallWatchTest, TheTimeInWhichNobodyListenedIsNobodysFault) {
    passes({computing(0, Nanos(1)), computing(1, Nanos(1)), computing(2, Nanos(1))});
    now += seconds(100);  // the machine slept
    EXPECT_EQ(watch.check(now), std::nullopt);
    EXPECT_EQ(
        passes({computing(0, Nanos(2), 2), computing(1, Nanos(2), 2), computing(2, Nanos(2), 2)},
               3),
        std::nullopt);
}

TEST_F(StallWatchTest, SaysWhenTheyGoOn) {
    const std::vector<RankPlace> alive = {receiving(0, 1), receiving(2, 1)};
    passes({receiving(0, 1), computing(1, Nanos(1)), receiving(2, 1)});
    ASSERT_TRUE(passes(alive, 7));
    EXPECT_EQ(watch.goesOn(now), std::nullopt);
    passes({receiving(0, 1, 2), computing(1, Nanos(seconds(1)), 2), receiving(2, 1, 2)});
    const auto over = watch.goesOn(now);
    ASSERT_TRUE(over);
    EXPECT_THAT(*over, ::testing::HasSubstr("the ranks go on, "));
    EXPECT_EQ(watch.goesOn(now), std::nullopt);
    EXPECT_TRUE(passes(alive, 8)) << "and it is said again";
}

TEST_F(StallWatchTest, ThoseThatAreDoneAreNotMissed) {
    passes({computing(0, Nanos(1)), computing(1, Nanos(1)), computing(2, Nanos(1))});
    for (const int rank : {0, 1, 2}) watch.ended(rank);
    EXPECT_EQ(passes({}, 30), std::nullopt);
}

TEST(StallWatch, OfNoLimitSaysNothing) {
    StallWatch watch(1, seconds(0));
    StallWatch::Time now{};
    watch.heard({.rank = 0, .operation = "barrier", .waits = true}, now);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(watch.check(now += seconds(1)), std::nullopt);
    EXPECT_EQ(watch.placeOf(0), "step 0, at a barrier");
}

}  // namespace
}  // namespace ringscope
