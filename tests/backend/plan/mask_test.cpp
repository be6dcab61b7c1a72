#include "backend/plan/mask.h"

#include "tests/backend/plan/any_mask.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

using test::anyMask;
using test::grants;

const auto anyLength = rc::gen::inRange<std::int64_t>(1, 40);

RC_GTEST_PROP(Mask, GrantsAQueryOneStretchOfTokens, ()) {
    const std::int64_t tokens = *anyLength;
    const AttentionMask mask = *anyMask(tokens);
    for (std::int64_t query = 0; query < tokens; ++query) {
        const TokenSpan seen = visibleTokens(mask, query);
        for (std::int64_t key = 0; key < tokens; ++key)
            RC_ASSERT(grants(mask, query, key) == (seen.begin <= key && key < seen.end));
    }
}

RC_GTEST_PROP(Mask, CountsThePairsThatItGrants, ()) {
    const std::int64_t tokens = *anyLength;
    const AttentionMask mask = *anyMask(tokens);
    std::int64_t pairs = 0;
    for (std::int64_t query = 0; query < tokens; ++query)
        for (std::int64_t key = 0; key < tokens; ++key) pairs += grants(mask, query, key);
    RC_ASSERT(visiblePairs(mask, tokens) == pairs);
}

RC_GTEST_PROP(Mask, TellsForEachRowOfARunTheRowsThatItSees, ()) {
    const std::int64_t tokens = *anyLength;
    const AttentionMask mask = *anyMask(tokens);
    const auto anyRun = rc::gen::exec([tokens] {
        return TokenRun{*rc::gen::inRange<std::int64_t>(0, tokens),
                        *rc::gen::inRange<std::int64_t>(1, 5)};
    });
    const auto rowsOf = [tokens](const TokenRun& run) {
        return (tokens - run.first + run.stride - 1) / run.stride;
    };
    const TokenRun queries = *anyRun;
    const TokenRun keys = *anyRun;
    const std::vector<TokenSpan> seen =
        visibleRows(mask, queries, rowsOf(queries), keys, rowsOf(keys));
    RC_ASSERT(std::ssize(seen) == rowsOf(queries));
    for (std::int64_t row = 0; row < rowsOf(queries); ++row) {
        const TokenSpan& span = seen[static_cast<std::size_t>(row)];
        for (std::int64_t key = 0; key < rowsOf(keys); ++key)
            RC_ASSERT(grants(mask, queries.at(row), keys.at(key)) ==
                      (span.begin <= key && key < span.end));
        if (row == 0) continue;
        RC_ASSERT(span.begin >= seen[static_cast<std::size_t>(row) - 1].begin);
        RC_ASSERT(span.end >= seen[static_cast<std::size_t>(row) - 1].end);
    }
}

RC_GTEST_PROP(Mask, OfAnyShapeThatFitsTheSequenceIsAccepted, ()) {
    const std::int64_t tokens = *anyLength;
    RC_ASSERT(checkMask(*anyMask(tokens), tokens).ok());
}

TEST(Mask, IsPlainWithoutWindowAndDocuments) {
    EXPECT_TRUE(AttentionMask{}.plain());
    EXPECT_TRUE(AttentionMask{.causal = false}.plain());
    EXPECT_FALSE(AttentionMask{.left = 0}.plain());
    EXPECT_FALSE(AttentionMask{.right = 4}.plain());
    EXPECT_FALSE((AttentionMask{.documents = {0, 8}}).plain());
}

TEST(Mask, HidesPaddingBehindTheSequence) {
    EXPECT_EQ(paddedMask({.causal = true}, 10, 12), (AttentionMask{.causal = true}));
    EXPECT_EQ(paddedMask({.causal = false}, 10, 10), (AttentionMask{.causal = false}));
    for (const bool causal : {false, true}) {
        AttentionMask documents{.causal = causal, .documents = {0, 4, 10}};
        documents = paddedMask(std::move(documents), 10, 12);
        EXPECT_EQ(documents.documents, (std::vector<std::int64_t>{0, 4, 10, 12}));
    }
    EXPECT_EQ(visibleTokens(paddedMask({.causal = false}, 10, 12), 3), (TokenSpan{0, 10}));
}

TEST(Mask, RefusesDocumentsThatDoNotCoverTheSequence) {
    const auto refused = [](const std::vector<std::int64_t>& documents) {
        return checkMask({.documents = documents}, 8).error().message;
    };
    EXPECT_EQ(refused({1, 8}), "documents go from token 0 to the sequence's end at 8; got 1 to 8");
    EXPECT_EQ(refused({0, 9}), "documents go from token 0 to the sequence's end at 8; got 0 to 9");
    EXPECT_EQ(refused({0, 5, 5, 8}), "documents begin one after another; 5 follows 5");
    EXPECT_EQ(checkMask({.right = -1}, 8).error().message,
              "a window reaches 0 or more tokens to a side; got -1");
}

TEST(Mask, NamesItsKinds) {
    EXPECT_EQ(maskName(MaskKind::Full), "full");
    EXPECT_EQ(maskName(MaskKind::Causal), "causal");
    EXPECT_EQ(maskName(MaskKind::Positions), "by position");
}

}  // namespace
}  // namespace ringscope
