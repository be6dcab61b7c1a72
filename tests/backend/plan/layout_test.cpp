#include "backend/plan/layout.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

TEST(ZigzagLayout, GivesEveryRankTheSameCausalWork) {
    for (int world : {1, 2, 4, 8}) {
        const ShardLayout layout = zigzagLayout({.worldSize = world, .tokens = 64}).value();
        for (int rank = 0; rank < layout.ranks(); ++rank)
            EXPECT_EQ(causalPairs(layout.spansOf(rank)), 64 * 65 / 2 / world)
                << "world size " << world;
    }
}

TEST(ZigzagLayout, PairsTheEarliestChunkWithTheLatest) {
    const ShardLayout layout = zigzagLayout({.worldSize = 2, .tokens = 16}).value();
    EXPECT_EQ(layout.spansOf(0), (std::vector<TokenSpan>{{0, 4}, {12, 16}}));
    EXPECT_EQ(layout.spansOf(1), (std::vector<TokenSpan>{{4, 8}, {8, 12}}));
}

TEST(ZigzagLayout, SaysWhyASequenceCannotBeSplit) {
    const Result<ShardLayout> layout = zigzagLayout({.worldSize = 4, .tokens = 60});
    ASSERT_FALSE(layout.ok());
    EXPECT_EQ(layout.error().message,
              "zigzag splits the sequence into 8 equal chunks; 60 tokens do not divide; "
              "use 56 or 64");
}

TEST(ContiguousLayout, LeavesTheLastRankTheMostCausalWork) {
    const ShardLayout layout = contiguousLayout({.worldSize = 4, .tokens = 32}).value();
    EXPECT_EQ(layout.spansOf(3), (std::vector<TokenSpan>{{24, 32}}));
    // (2P-1)/P of the mean: the bound that makes a causal ring wait.
    EXPECT_NEAR(static_cast<double>(causalPairs(layout.spansOf(3))) * 4 / (32.0 * 33 / 2), 7.0 / 4,
                0.05);
}

TEST(ContiguousLayout, RefusesFewerTokensThanRanks) {
    const Result<ShardLayout> layout = contiguousLayout({.worldSize = 4, .tokens = 3});
    ASSERT_FALSE(layout.ok());
    EXPECT_NE(layout.error().message.find("3 tokens do not divide; use 4"), std::string::npos);
}

TEST(StripedLayout, DealsTokensOutOneByOne) {
    const ShardLayout layout = stripedLayout({.worldSize = 2, .tokens = 6}).value();
    EXPECT_EQ(layout.spansOf(0), (std::vector<TokenSpan>{{0, 1}, {2, 3}, {4, 5}}));
    EXPECT_EQ(layout.spansOf(1), (std::vector<TokenSpan>{{1, 2}, {3, 4}, {5, 6}}));
}

TEST(StripedLayout, SaysWhyASequenceCannotBeSplit) {
    EXPECT_EQ(stripedLayout({.worldSize = 4, .tokens = 10}).error().message,
              "striped splits the sequence into 4 equal shards; 10 tokens do not divide; "
              "use 8 or 12");
}

TEST(Layout, CoversEachTokenOnce) {
    for (int world : {1, 2, 3, 5, 8}) {
        const SequenceShape shape{.worldSize = world, .tokens = 16 * world};
        for (const ShardLayout& layout :
             {contiguousLayout(shape).value(), zigzagLayout(shape).value(),
              stripedLayout(shape).value()}) {
            std::vector<int> seen(static_cast<std::size_t>(shape.tokens), 0);
            for (int rank = 0; rank < layout.ranks(); ++rank)
                for (const TokenSpan& span : layout.spansOf(rank))
                    for (std::int64_t t = span.begin; t < span.end; ++t)
                        ++seen[static_cast<std::size_t>(t)];
            EXPECT_EQ(seen, std::vector<int>(static_cast<std::size_t>(shape.tokens), 1));
        }
    }
}

}  // namespace
}  // namespace ringscope
