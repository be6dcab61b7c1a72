#include "backend/simulate/sweep.h"

#include "tests/backend/simulate/planned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace ringscope::test {
namespace {

using ::testing::ElementsAre;

// Seconds are factor · at ^ power.
SweepCurve curveOf(const std::string& name, double factor, double power,
                   const std::vector<double>& at) {
    SweepCurve curve{name, name, {}};
    for (const double place : at) curve.points.push_back({place, factor * std::pow(place, power)});
    return curve;
}

TEST(FastestAlong, FindsWherePowersOfLengthCross) {
    const std::vector<double> at = {1000, 4000, 16000};
    // 1 · x and x² / 5000 are equal at 5,000.
    const FastestAlong along =
        fastestAlong({curveOf("steep", 1.0 / 5000, 2, at), curveOf("flat", 1, 1, at)});
    EXPECT_EQ(along.first, "steep");
    EXPECT_EQ(along.begin, 1000);
    EXPECT_EQ(along.end, 16000);
    ASSERT_EQ(along.changes.size(), 1U);
    EXPECT_TRUE(along.changes[0].interpolated);
    EXPECT_NEAR(along.changes[0].at, 5000, 1e-6);
    EXPECT_EQ(along.changes[0].to, "flat");
    EXPECT_EQ(fastestSentence(along, "tokens"),
              "The fastest that fits: steep from 1,000 to about 5,000 tokens, flat from there to "
              "16,000 tokens.");
    EXPECT_EQ(fastestSentence(along, "K", 1000),
              "The fastest that fits: steep from 1 to about 5 K, flat from there to 16 K.");
}

TEST(FastestAlong, GoesOnWithTheNextWhereOneNoLongerFits) {
    const FastestAlong along = fastestAlong(
        {curveOf("large", 1, 1, {1000, 2000}), curveOf("small", 2, 1, {1000, 2000, 4000})});
    ASSERT_EQ(along.changes.size(), 1U);
    EXPECT_FALSE(along.changes[0].interpolated);
    EXPECT_EQ(along.changes[0].at, 2000);
    EXPECT_EQ(fastestSentence(along, "tokens"),
              "The fastest that fits: large from 1,000 to 2,000 tokens, small from there to 4,000 "
              "tokens.");
}

TEST(FastestAlong, CallsNothingFasterThatDiffersByLessThanHalfAPercent) {
    const std::vector<double> at = {1000, 2000};
    SweepCurve same = curveOf("same", 1, 1, at);
    same.points[0].seconds *= 1.001;
    same.points[1].seconds *= 0.999;
    const FastestAlong along = fastestAlong({curveOf("first", 1, 1, at), same});
    EXPECT_TRUE(along.changes.empty());
    EXPECT_EQ(fastestSentence(along, "tokens"),
              "first is the fastest that fits at all of them, from 1,000 to 2,000 tokens.");
}

TEST(FastestAlong, SaysThatNothingFits) {
    EXPECT_EQ(fastestSentence(fastestAlong({}), "tokens"),
              "Nothing fits a device at any of these.");
}

TEST(SweepAround, KeepsLengthsWhole) {
    EXPECT_THAT(sweepAround(1024, SweepAxis::Length),
                ElementsAre(128, 256, 512, 1024, 2048, 4096, 8192));
    EXPECT_THAT(sweepAround(6, SweepAxis::Length), ElementsAre(3, 6, 12, 24, 48));
    EXPECT_EQ(sweepAround(3e9, SweepAxis::Bandwidth).size(), 7U);
}

TEST(ForecastModes, HasAnAnswerOrAReasonForEveryModeThatSplits) {
    const Machine machine = findMachine("h100-8x").value();
    RunConfig config = llama8b();
    config.model.kvHeads = 6;  // which some modes cannot divide
    config.model.heads = 6;
    config.model.hiddenSize = 768;
    const std::vector<ModeForecast> forecasts =
        forecastModes(config, machine, 8, [] { return false; });
    EXPECT_GE(forecasts.size(), 8U);
    for (const ModeForecast& forecast : forecasts)
        EXPECT_NE(forecast.prediction.has_value(), !forecast.reason.empty()) << forecast.mode;
    EXPECT_TRUE(std::ranges::any_of(
        forecasts, [](const ModeForecast& forecast) { return !forecast.reason.empty(); }));
}

TEST(ForecastModes, DoesNothingMoreOnceItIsStopped) {
    const Machine machine = findMachine("h100-8x").value();
    for (const ModeForecast& forecast : forecastModes(llama8b(), machine, 8, [] { return true; })) {
        EXPECT_FALSE(forecast.prediction);
        EXPECT_EQ(forecast.reason, "");
    }
}

TEST(SweepModes, MoreBandwidthIsNeverSlower) {
    const Machine machine = findMachine("h100-8x").value();
    const std::vector<SweepCurve> curves = sweepModes(llama8b(), machine, 16, SweepAxis::Bandwidth,
                                                      {1e9, 1e10, 1e11}, [] { return false; });
    ASSERT_FALSE(curves.empty());
    for (const SweepCurve& curve : curves)
        EXPECT_TRUE(std::ranges::is_sorted(curve.points, std::ranges::greater_equal{},
                                           &SweepPoint::seconds))
            << curve.name;
}

TEST(SlowestLink, IsTheOneThatAllRanksNeed) {
    const Machine machine = findMachine("h100-8x").value();
    EXPECT_EQ(slowestLink(machine, 8).name, machine.links.front().name);
    EXPECT_EQ(slowestLink(machine, 16).name, machine.links.back().name);
    const Machine faster = withLinkSpeed(machine, 16, 1e12);
    EXPECT_EQ(faster.links.back().bandwidth, 1e12);
    EXPECT_EQ(faster.links.front().bandwidth, machine.links.front().bandwidth);
}

TEST(SlowestLink, ChangesMeasuredRatesOfCollectivesWithItsSpeed) {
    Machine machine = findMachine("h100-8x").value();
    machine.links.back().bandwidth = 1e11;
    machine.links.back().collectives = {
        {.kind = TransferKind::AllToAll, .bandwidth = 4e10, .latencyNanos = 5000}};
    const LinkLevel slower = withLinkSpeed(machine, 16, 2.5e10).links.back();
    EXPECT_EQ(slower.bandwidth, 2.5e10);
    ASSERT_EQ(slower.collectives.size(), 1U);
    EXPECT_DOUBLE_EQ(slower.collectives[0].bandwidth, 1e10);
    EXPECT_EQ(slower.collectives[0].latencyNanos, 5000);
}

}  // namespace
}  // namespace ringscope::test
