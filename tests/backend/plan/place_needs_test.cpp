#include "backend/plan/place_needs.h"

#include "tests/backend/plan/any_mask.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

using test::anyMask;
using test::grants;

std::vector<RankSet> placesOf(int ranks) {
    std::vector<RankSet> places;
    for (int rank = 0; rank < ranks; ++rank) places.push_back({.first = rank, .count = 1});
    return places;
}

bool sees(const AttentionMask& mask, const std::vector<TokenSpan>& queries,
          const std::vector<TokenSpan>& keys) {
    for (const TokenSpan& some : queries)
        for (std::int64_t query = some.begin; query < some.end; ++query)
            for (const TokenSpan& others : keys)
                for (std::int64_t key = others.begin; key < others.end; ++key)
                    if (grants(mask, query, key)) return true;
    return false;
}

// Whose keys a place needs, by looking at every pair of tokens.
void expectNeeds(const ShardLayout& owned, const AttentionMask& mask) {
    const int ranks = owned.ranks();
    const auto needs = PlaceNeeds::under(mask, owned, placesOf(ranks));
    const AttentionMask plain{.causal = mask.causal};
    bool fewer = false;
    for (int place = 0; place < ranks; ++place) {
        for (int keysOf = 0; keysOf < ranks; ++keysOf) {
            const bool needed = sees(mask, owned.spansOf(place), owned.spansOf(keysOf));
            if (needs) RC_ASSERT(needs->needs(place, keysOf) == needed);
            fewer = fewer || (!needed && sees(plain, owned.spansOf(place), owned.spansOf(keysOf)));
        }
    }
    RC_ASSERT((needs != nullptr) == (fewer && !mask.plain()));
}

RC_GTEST_PROP(PlaceNeeds, AreThePlacesWithATokenThatIsSeen, ()) {
    const auto ranks = *rc::gen::inRange(1, 5);
    const SequenceShape shape{.worldSize = ranks, .tokens = 8LL * ranks};
    const AttentionMask mask = *anyMask(shape.tokens);
    expectNeeds(contiguousLayout(shape).value(), mask);
    expectNeeds(zigzagLayout(shape).value(), mask);
    expectNeeds(stripedLayout(shape).value(), mask);
}

TEST(PlaceNeeds, AreNoneUnderAPlainMask) {
    const ShardLayout owned = contiguousLayout({.worldSize = 4, .tokens = 16}).value();
    EXPECT_EQ(PlaceNeeds::under({}, owned, placesOf(4)), nullptr);
    EXPECT_EQ(PlaceNeeds::under({.causal = false}, owned, placesOf(4)), nullptr);
}

TEST(PlaceNeeds, AreNoneUnderAWindowAsWideAsTheSequence) {
    const ShardLayout owned = contiguousLayout({.worldSize = 4, .tokens = 16}).value();
    EXPECT_EQ(PlaceNeeds::under({.left = 15}, owned, placesOf(4)), nullptr);
}

// The picture of place_needs.h.
TEST(PlaceNeeds, OfAWindowOfThreeReachOnePlaceBack) {
    const ShardLayout owned = contiguousLayout({.worldSize = 4, .tokens = 16}).value();
    const auto needs = PlaceNeeds::under({.left = 3}, owned, placesOf(4));
    ASSERT_NE(needs, nullptr);
    for (int place = 0; place < 4; ++place)
        for (int keysOf = 0; keysOf < 4; ++keysOf)
            EXPECT_EQ(needs->needs(place, keysOf), keysOf == place || keysOf == place - 1)
                << place << " of " << keysOf;
}

}  // namespace
}  // namespace ringscope
