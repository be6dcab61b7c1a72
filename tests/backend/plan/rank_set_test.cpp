#include "backend/plan/rank_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RankSet, ListsItsRanks) {
    EXPECT_THAT(ranksOf({.first = 2, .count = 1}), ElementsAre(2));
    EXPECT_THAT(ranksOf({.first = 0, .count = 4}), ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(ranksOf({.first = 1, .count = 3, .stride = 4}), ElementsAre(1, 5, 9));
    EXPECT_THAT(ranksOf({}), IsEmpty());
}

TEST(RankSet, IsWrittenAsARangeWhereItsRanksAreNeighbours) {
    EXPECT_EQ(rankSetText({.first = 2, .count = 1}), "2");
    EXPECT_EQ(rankSetText({.first = 0, .count = 4}), "0–3");
    EXPECT_EQ(rankSetText({.first = 1, .count = 3, .stride = 4}), "1, 5, 9");
}

RC_GTEST_PROP(RankSet, KnowsThePlaceOfEachOfItsRanks, ()) {
    const RankSet set{.first = *rc::gen::inRange(0, 100),
                      .count = *rc::gen::inRange(1, 20),
                      .stride = *rc::gen::inRange(1, 9)};
    for (int index = 0; index < set.count; ++index) RC_ASSERT(set.placeOf(set.at(index)) == index);
}

TEST(TokensOf, JoinsSpansThatFollowEachOther) {
    const ShardLayout zigzag = zigzagLayout({.worldSize = 2, .tokens = 16}).value();
    EXPECT_THAT(tokensOf(zigzag, {.first = 0, .count = 1}),
                ElementsAre(TokenSpan{0, 4}, TokenSpan{12, 16}));
    EXPECT_THAT(tokensOf(zigzag, {.first = 1, .count = 1}), ElementsAre(TokenSpan{4, 12}));
    EXPECT_THAT(tokensOf(zigzag, {.first = 0, .count = 2}), ElementsAre(TokenSpan{0, 16}));
}

RC_GTEST_PROP(TokensOf, AllRanksAreTheWholeSequence, ()) {
    const auto ranks = *rc::gen::inRange(1, 9);
    const SequenceShape shape{.worldSize = ranks, .tokens = 2LL * ranks};
    for (const ShardLayout& layout : {contiguousLayout(shape).value(), zigzagLayout(shape).value(),
                                      stripedLayout(shape).value()})
        RC_ASSERT(tokensOf(layout, {.first = 0, .count = ranks}) ==
                  (std::vector<TokenSpan>{{0, shape.tokens}}));
}

}  // namespace
}  // namespace ringscope
