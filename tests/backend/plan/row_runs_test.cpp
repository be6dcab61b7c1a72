#include "backend/plan/row_runs.h"

#include "tests/backend/plan/any_mask.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

using test::anyMask;
using test::grants;

constexpr std::int64_t sequence = 48;

RowRun anyRun() {
    const auto stride = *rc::gen::inRange<std::int64_t>(1, 6);
    const auto count = *rc::gen::inRange<std::int64_t>(1, (sequence - 1) / stride + 1);
    const auto first = *rc::gen::inRange<std::int64_t>(0, sequence - (count - 1) * stride);
    return {.row = 0, .count = count, .tokens = {first, stride}};
}

RC_GTEST_PROP(RowRuns, HoldEveryTokenOfTheSpansInOrder, ()) {
    std::vector<TokenSpan> spans;
    std::vector<std::int64_t> expected;
    std::int64_t next = 0;
    const auto count = *rc::gen::inRange(0, 12);
    for (int i = 0; i < count; ++i) {
        const auto begin = next + *rc::gen::inRange<std::int64_t>(0, 3);
        const auto end = begin + *rc::gen::inRange<std::int64_t>(0, 3);
        spans.push_back({begin, end});
        for (std::int64_t token = begin; token < end; ++token) expected.push_back(token);
        next = end;
    }
    std::vector<std::int64_t> held;
    for (const RowRun& run : runsOf(spans)) {
        RC_ASSERT(run.row == std::ssize(held));
        for (std::int64_t row = 0; row < run.count; ++row) held.push_back(run.tokens.at(row));
    }
    RC_ASSERT(held == expected);
}

TEST(RowRuns, MakeOneRunOfEvenlySpacedTokens) {
    const std::vector<RowRun> striped = runsOf({{1, 2}, {5, 6}, {9, 10}});
    ASSERT_EQ(striped.size(), 1U);
    EXPECT_EQ(striped[0].tokens, (TokenRun{1, 4}));
    EXPECT_EQ(striped[0].rows(), (TokenSpan{0, 3}));
    EXPECT_EQ(runsOf({{0, 4}, {12, 16}}).size(), 2U);
    EXPECT_EQ(runsOf({}).size(), 0U);
}

RC_GTEST_PROP(RowRuns, MeetWhereAQuerySeesAKey, ()) {
    const AttentionMask mask = *anyMask(sequence);
    const RowRun queries = anyRun();
    const RowRun keys = anyRun();
    bool sees = false;
    for (std::int64_t query = 0; query < queries.count; ++query)
        for (std::int64_t key = 0; key < keys.count; ++key)
            sees = sees || grants(mask, queries.tokens.at(query), keys.tokens.at(key));
    RC_ASSERT(meet(queries, keys, mask) == sees);
    RC_ASSERT(!(apart(queries, keys, mask) && sees));
}

}  // namespace
}  // namespace ringscope
