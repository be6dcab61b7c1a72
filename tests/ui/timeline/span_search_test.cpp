#include "ui/timeline/span_search.h"

#include "tests/ui/timeline/made_trace.h"

#include <gtest/gtest.h>

namespace ringscope::ui {
namespace {

class SpanSearch : public testing::Test {
protected:
    std::size_t count(const char* words) const {
        return findSpans(*trace, QString::fromUtf8(words)).size();
    }

    // Per rank: a step, attention, a message; rank 1 besides a wait and attention again.
    std::shared_ptr<const OpenedTrace> trace = openTrace(mergeRanks(test::lateSender()));
};

TEST_F(SpanSearch, FindsByNameKindAndPass) {
    EXPECT_EQ(count("attention"), 3U);
    EXPECT_EQ(count("ATTENTION"), 3U);
    EXPECT_EQ(count("forward"), 6U);
    EXPECT_EQ(count("send"), 1U);
    EXPECT_EQ(count("receive wait"), 1U);
    EXPECT_EQ(count("nothing like it"), 0U);
}

TEST_F(SpanSearch, ReadsNumbersBehindTheirWords) {
    EXPECT_EQ(count("attention rank 1"), 2U);
    EXPECT_EQ(count("attention rank=0"), 1U);
    EXPECT_EQ(count("rank1 attention"), 2U);
    EXPECT_EQ(count("layer 0 attention"), 3U);
    EXPECT_EQ(count("layer 3"), 0U);
    EXPECT_EQ(count("step 2 attention"), 3U);
    EXPECT_EQ(count("step 1"), 0U);
    EXPECT_EQ(count("ring step 0 attention"), 3U);
    EXPECT_EQ(count("ring step 4"), 0U);
}

TEST_F(SpanSearch, GoesInTheOrderOfTimeAndHasAnEnd) {
    const std::vector<FoundSpan> found = findSpans(*trace, QStringLiteral("attention"));
    ASSERT_EQ(found.size(), 3U);
    for (std::size_t i = 1; i < found.size(); ++i)
        EXPECT_LE(trace->span(found[i - 1].row, found[i - 1].span).begin(),
                  trace->span(found[i].row, found[i].span).begin());
    EXPECT_EQ(findSpans(*trace, QStringLiteral("attention"), 2).size(), 2U);
}

TEST_F(SpanSearch, FindsNothingWhereNothingIsAsked) {
    EXPECT_EQ(count(""), 0U);
    EXPECT_EQ(count("   "), 0U);
}

}  // namespace
}  // namespace ringscope::ui
