#include "backend/compare/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <cmath>
#include <limits>

namespace ringscope {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

RC_GTEST_PROP(SpreadOf, LiesBetweenItsEndsAndForgetsTheOrder, ()) {
    auto values = *rc::gen::nonEmpty<std::vector<int>>();
    std::vector<double> forward(values.begin(), values.end());
    std::vector<double> backward(values.rbegin(), values.rend());
    const auto spread = spreadOf(forward);
    RC_ASSERT(spread.has_value());
    RC_ASSERT(spread->low <= spread->median && spread->median <= spread->high);
    RC_ASSERT(spread->samples == static_cast<int>(values.size()));
    RC_ASSERT(spreadOf(backward)->median == spread->median);
}

TEST(SpreadOf, TakesTheMiddleAndTheEnds) {
    const Spread odd = spreadOf({9, 1, 4}).value();
    EXPECT_EQ(odd.median, 4);
    EXPECT_EQ(odd.low, 1);
    EXPECT_EQ(odd.high, 9);
    EXPECT_EQ(spreadOf({1, 2, 4, 9})->median, 3);
    EXPECT_FALSE(spreadOf({}).has_value());
}

TEST(SpreadOf, IsNotANumberWhereOneValueIsNot) {
    const Spread spread = spreadOf({1, nan, 2}).value();
    EXPECT_TRUE(std::isnan(spread.median));
    EXPECT_TRUE(std::isnan(spread.low));
    EXPECT_EQ(spread.samples, 3);
}

TEST(MedianRatio, HasNoValueOverZeroOrNothing) {
    const std::optional<Spread> two = spreadOf({2});
    EXPECT_EQ(medianRatio(two, spreadOf({4})), 0.5);
    EXPECT_FALSE(medianRatio(two, spreadOf({0})).has_value());
    EXPECT_FALSE(medianRatio(two, spreadOf({nan})).has_value());
    EXPECT_FALSE(medianRatio(two, std::nullopt).has_value());
    EXPECT_FALSE(medianRatio(std::nullopt, two).has_value());
}

TEST(SpeedAgainst, CallsADifferenceOnlyWhatRepeatsDoNotExplain) {
    const auto base = spreadOf({100, 110, 120});
    EXPECT_EQ(speedAgainst(spreadOf({121, 125, 130}), base), Speed::Faster);
    EXPECT_EQ(speedAgainst(spreadOf({80, 90, 99}), base), Speed::Slower);
    EXPECT_EQ(speedAgainst(spreadOf({119, 125, 130}), base), Speed::Unclear);
    EXPECT_EQ(speedAgainst(std::nullopt, base), Speed::Unknown);
}

TEST(SpeedAgainst, TrustsSingleRunsOnlyBeyondTheirUsualNoise) {
    EXPECT_EQ(speedAgainst(spreadOf({104}), spreadOf({100})), Speed::Unclear);
    EXPECT_EQ(speedAgainst(spreadOf({106}), spreadOf({100})), Speed::Faster);
    EXPECT_EQ(speedAgainst(spreadOf({94}), spreadOf({100})), Speed::Slower);
    EXPECT_EQ(speedAgainst(spreadOf({103, 104}), spreadOf({100, 101})), Speed::Faster);
}

TEST(WorseParity, KeepsTheLargerOfEachDifferenceAndTheFewerSteps) {
    const Parity worse = worseParity({{"a"}, 1e-7, 5e-5, 10}, {{"b"}, 2e-7, 1e-5, 4});
    EXPECT_EQ(worse.reference.text, "b");
    EXPECT_EQ(worse.maxLossDiff, 2e-7);
    EXPECT_EQ(worse.maxGradNormRelDiff, 5e-5);
    EXPECT_EQ(worse.steps, 4);
}

TEST(WorseParity, CountsNotANumberAsTheWorst) {
    EXPECT_TRUE(std::isnan(worseParity({{"a"}, nan, 0, 1}, {{"b"}, 1, 0, 1}).maxLossDiff));
    EXPECT_TRUE(std::isnan(worseParity({{"a"}, 1, 0, 1}, {{"b"}, nan, 0, 1}).maxLossDiff));
}

TEST(MeasuredBytes, AreNothingUntilARankHasReported) {
    RunRecord run;
    EXPECT_FALSE(measuredBytes(run, peakMemory).has_value());
    run.rankRecords.emplace_back().peakMemory = {7};
    EXPECT_EQ(measuredBytes(run, peakMemory), Bytes{7});
}

TEST(MeasuredBytes, ComeFromTheSummaryOfARunInAList) {
    RunRecord run;
    run.summary.emplace();
    EXPECT_FALSE(measuredBytes(run, measuredAttentionBytes).has_value());
    run.summary->peakMemory = {7};
    EXPECT_EQ(measuredBytes(run, measuredAttentionBytes), Bytes{0});
}

TEST(FormatRatio, GivesTwoDigitsAndAThirdJustAboveOne) {
    EXPECT_EQ(formatRatio(2.151), "2.2");
    EXPECT_EQ(formatRatio(0.973), "0.97");
    EXPECT_EQ(formatRatio(1.02), "1.02");
    EXPECT_EQ(formatRatio(0.5), "0.50");
    EXPECT_EQ(formatRatio(2), "2.0");
    EXPECT_EQ(formatRatio(0.0621), "0.062");
    EXPECT_EQ(formatRatio(14.4), "14");
    EXPECT_EQ(formatRatio(1234), "1,234");
    EXPECT_EQ(formatRatio(nan), "unknown");
}

}  // namespace
}  // namespace ringscope
