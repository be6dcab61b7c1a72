// The sweeps against an oracle that asks every nanosecond.
#include "backend/analysis/intervals.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <algorithm>
#include <vector>

namespace ringscope {
namespace {

constexpr std::int64_t horizon = 64;

std::vector<bool> instants(const std::vector<Interval>& intervals) {
    std::vector<bool> covered(horizon, false);
    for (const Interval& interval : intervals)
        for (std::int64_t t = interval.begin; t < interval.end; ++t)
            covered[static_cast<std::size_t>(t)] = true;
    return covered;
}

// Touching, nested, empty and backward ones among them.
std::vector<Interval> anyIntervals() {
    const auto count = *rc::gen::inRange<std::size_t>(0, 12);
    std::vector<Interval> intervals;
    for (std::size_t i = 0; i < count; ++i)
        intervals.push_back({*rc::gen::inRange<std::int64_t>(0, horizon),
                             *rc::gen::inRange<std::int64_t>(0, horizon)});
    return intervals;
}

void expectSet(const IntervalSet& set, const std::vector<bool>& wanted) {
    RC_ASSERT(instants(set) == wanted);
    for (std::size_t i = 0; i < set.size(); ++i) {
        RC_ASSERT(set[i].begin < set[i].end);
        if (i > 0) RC_ASSERT(set[i - 1].end < set[i].begin);
    }
    RC_ASSERT(lengthOf(set) == std::count(wanted.begin(), wanted.end(), true));
}

RC_GTEST_PROP(Intervals, AgreeWithAskingEveryInstant, ()) {
    const std::vector<Interval> first = anyIntervals();
    const std::vector<Interval> second = anyIntervals();
    const std::vector<bool> inFirst = instants(first);
    const std::vector<bool> inSecond = instants(second);
    std::vector<bool> either(horizon), both(horizon), onlyFirst(horizon);
    for (std::size_t t = 0; t < horizon; ++t) {
        either[t] = inFirst[t] || inSecond[t];
        both[t] = inFirst[t] && inSecond[t];
        onlyFirst[t] = inFirst[t] && !inSecond[t];
    }
    const IntervalSet a = unionOf(first);
    const IntervalSet b = unionOf(second);
    expectSet(a, inFirst);
    expectSet(unionOf(a, b), either);
    expectSet(intersectionOf(a, b), both);
    expectSet(differenceOf(a, b), onlyFirst);
}

TEST(Intervals, TouchingOnesBecomeOne) {
    EXPECT_EQ(unionOf({{3, 5}, {1, 3}, {7, 7}}), (IntervalSet{{1, 5}}));
}

}  // namespace
}  // namespace ringscope
