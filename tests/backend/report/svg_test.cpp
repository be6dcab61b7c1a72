#include "backend/core/ticks.h"
#include "backend/report/svg_bars.h"
#include "backend/report/svg_curves.h"
#include "backend/report/svg_lines.h"

#include "tests/backend/report/tag_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <cmath>
#include <limits>
#include <set>

namespace ringscope::reporting {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Bar bar(std::string label, std::optional<double> value, std::string words) {
    Bar one;
    one.label = std::move(label);
    one.mode = one.label;
    one.value = value;
    one.low = one.high = value.value_or(0);
    one.words = std::move(words);
    return one;
}

BarChart chartOf(std::vector<Bar> bars) { return {"speed", {{"", std::move(bars), std::nullopt}}}; }

// Widths of the bars that are filled with a mode's pattern, in order, in percent.
std::vector<double> barWidths(const std::string& svg) {
    std::vector<double> widths;
    for (const std::string& rect : allBetween(svg, "<rect", "/>"))
        if (rect.find("style=\"fill:url(") != std::string::npos)
            widths.push_back(std::stod(allBetween(rect, " width=\"", "\"").at(0)));
    return widths;
}

TEST(Bars, AreAsLongAsTheirValues) {
    const std::string svg =
        drawBars(chartOf({bar("legacy", 100, "100"), bar("ring", 200, "200"), bar("none", 0, "0")}))
            .written();
    const std::vector<double> widths = barWidths(svg);
    ASSERT_EQ(widths.size(), 3U);
    EXPECT_EQ(widths[0], 50);
    EXPECT_EQ(widths[1], 100);
    EXPECT_EQ(widths[2], 0);
    EXPECT_EQ(tagProblem(svg), "");
}

TEST(Bars, AreAsLongWhateverTheirLabels) {
    std::vector<Bar> bars;
    for (int i = 1; i <= 12; ++i)
        bars.push_back(bar(std::string(80, 'x') + std::to_string(i), 100.0 * i, "1"));
    const std::string page = drawBars(chartOf(bars)).written();
    const std::vector<double> widths = barWidths(page);
    ASSERT_EQ(widths.size(), 12U);
    for (std::size_t i = 0; i < 12; ++i)
        EXPECT_NEAR(widths[i], 100.0 * static_cast<double>(i + 1) / 12, 0.01);
    // Cut by the page, at its right end, and whole under the mouse.
    EXPECT_THAT(page, HasSubstr("title=\"" + std::string(80, 'x') + "1\""));
}

TEST(Bars, OfManySectionsAreOnOneScaleWithABaselineEach) {
    const std::string page =
        drawBars({"speed",
                  {{"1,024 tokens", {bar("legacy", 100, "100"), bar("ring", 150, "150")}, 100.0},
                   {"2,048 tokens", {bar("legacy", 50, "50"), bar("ring", 200, "200")}, 50.0}}})
            .written();
    EXPECT_THAT(barWidths(page), ElementsAre(50, 75, 25, 100));
    EXPECT_THAT(page, HasSubstr(">1,024 tokens</div>"));
    EXPECT_EQ(occurrences(page, "class=\"baseline\" x1=\"50%\""), 2U);
    EXPECT_EQ(occurrences(page, "class=\"baseline\" x1=\"25%\""), 2U);
    EXPECT_EQ(tagProblem(page), "");
}

TEST(Bars, SayWhyAConfigurationHasNone) {
    const std::string svg = drawBars(chartOf({bar("legacy", 100, "100"),
                                              bar("ring", std::nullopt, "did not finish: oom")}))
                                .written();
    EXPECT_EQ(barWidths(svg).size(), 1U);
    EXPECT_THAT(svg, HasSubstr("<span class=\"bar-absent\">did not finish: oom</span>"));
}

TEST(Bars, DrawNothingForWhatIsNoNumber) {
    for (const double value : {nan, -1.0, std::numeric_limits<double>::infinity()}) {
        const std::string svg = drawBars(chartOf({bar("ring", value, "?")})).written();
        EXPECT_TRUE(barWidths(svg).empty()) << value;
        EXPECT_THAT(svg, Not(HasSubstr("nan")));
        EXPECT_THAT(svg, Not(HasSubstr("inf")));
    }
}

TEST(Bars, ShowRepeatsAsAnIntervalAndThePredictionAsAnOutline) {
    Bar ring = bar("ring", 100, "100 (90–120)");
    EXPECT_THAT(drawBars(chartOf({ring})).written(), Not(HasSubstr("class=\"interval\"")));
    EXPECT_THAT(drawBars(chartOf({ring})).written(), Not(HasSubstr("class=\"predicted\"")));
    ring.low = 90;
    ring.high = 120;
    ring.predicted = 100;
    EXPECT_THAT(drawBars(chartOf({ring})).written(), HasSubstr("class=\"interval\""));
    EXPECT_THAT(drawBars(chartOf({ring})).written(), HasSubstr("class=\"predicted\""));
}

TEST(Bars, AreTextForThoseWhoCannotSeeThem) {
    const std::string page =
        drawBars(chartOf({bar("legacy", 100, "100"), bar("ring", 200, "200")})).written();
    EXPECT_THAT(page, HasSubstr("</svg>\nlegacy</span>"));
    EXPECT_THAT(page, HasSubstr("<span class=\"bar-words\">100</span>"));
    EXPECT_EQ(occurrences(page, "<svg"), occurrences(page, "aria-hidden=\"true\""));
}

TEST(Bars, DefineEachModesFillOnce) {
    Bar longer = bar("ring", 200, "200");
    longer.label = "ring seq_len=8192";
    const std::string svg = drawBars(chartOf({bar("ring", 100, "100"), longer})).written();
    EXPECT_EQ(occurrences(svg, "<pattern "), 1U);
}

TEST(Bars, CannotBeBrokenByALabel) {
    const std::string svg =
        drawBars(chartOf({bar("\"><script>alert(1)</script>", 1, "</svg>")})).written();
    EXPECT_THAT(svg, Not(HasSubstr("<script")));
    EXPECT_EQ(tagProblem(svg), "");
}

LineChart lossesOf(std::vector<Line> lines) {
    return {"loss", "Loss", "Loss over steps", "step", "loss", std::move(lines)};
}

TEST(Lines, BreakWhereAValueIsNoNumber) {
    const std::string svg =
        drawLines(lossesOf({{"ring", "ring", {{0, 5}, {1, 4}, {2, nan}, {3, 3}, {4, 2}}}}))
            .written();
    const std::string line = allBetween(svg, "class=\"line\" d=\"", "\"").at(0);
    EXPECT_EQ(occurrences(line, "M"), 2U);
    EXPECT_EQ(occurrences(line, "L"), 2U);
    EXPECT_EQ(tagProblem(svg), "");
}

TEST(Lines, CopeWithOnePointFlatLinesAndNothing) {
    for (const std::vector<Point>& points :
         {std::vector<Point>{{3, 5}}, {{0, 5}, {1, 5}}, {}, {{0, nan}}}) {
        const std::string svg = drawLines(lossesOf({{"ring", "ring", points}})).written();
        EXPECT_THAT(svg, Not(HasSubstr("nan")));
        EXPECT_THAT(svg, Not(HasSubstr("inf")));
        EXPECT_EQ(tagProblem(svg), "");
    }
}

TEST(Lines, StaySmallForLongRuns) {
    std::vector<Point> points;
    for (int step = 0; step < 100'000; ++step)
        points.push_back({static_cast<double>(step), 1.0 / (1 + step)});
    const std::string svg = drawLines(lossesOf({{"ring", "ring", points}})).written();
    EXPECT_LT(svg.size(), 20'000U);
}

TEST(Lines, MarkEachLineAtItsOwnSteps) {
    const std::vector<Point> points = {{0, 5}, {1, 4}, {2, 3}, {3, 2}};
    const std::string svg =
        drawLines(lossesOf({{"ring", "ring", points}, {"double-ring", "double-ring", points}}))
            .written();
    const std::vector<std::string> across = allBetween(svg, "<circle cx=\"", "\"");
    ASSERT_EQ(across.size(), 6U);  // two of each line, and one of each in the legend
    EXPECT_EQ(std::set<std::string>(across.begin(), across.begin() + 4).size(), 4U);
}

TEST(RoundTicks, AreRoundAndInside) {
    EXPECT_THAT(roundTicks(2.1, 5.6, 5), ElementsAre(3, 4, 5));
    EXPECT_THAT(roundTicks(0, 10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
    EXPECT_THAT(roundTicks(-1, 1, 2), ElementsAre(-1, 0, 1));
}

CurveChart speedsOf(std::vector<MeasuredCurve> curves) {
    return {"speed", "Tokens/s", "tokens", std::move(curves)};
}

MeasuredPoint measured(double at, double value, double spread = 0) {
    return {at, value, value - spread, value + spread, "measured"};
}

// Coordinates of a line's points, in order.
std::vector<double> coordinatesOf(const std::string& svg) {
    std::vector<double> numbers;
    std::string digits;
    for (const char c : allBetween(svg, "class=\"line\" d=\"", "\"").at(0) + "L") {
        if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.') {
            digits += c;
        } else if (!digits.empty()) {
            numbers.push_back(std::stod(digits));
            digits.clear();
        }
    }
    return numbers;
}

TEST(Curves, HaveLogarithmicAxes) {
    const std::string svg =
        drawCurves(speedsOf({{"ring",
                              "ring",
                              {measured(1024, 100), measured(2048, 200), measured(4096, 400)}}}))
            .written();
    const std::vector<double> at = coordinatesOf(svg);
    ASSERT_EQ(at.size(), 6U);
    EXPECT_NEAR(at[2] - at[0], at[4] - at[2], 0.02) << "twice the length, the same way";
    EXPECT_NEAR(at[1] - at[3], at[3] - at[5], 0.02);
    for (const char* place : {">1,024<", ">2,048<", ">4,096<"}) EXPECT_THAT(svg, HasSubstr(place));
    EXPECT_EQ(tagProblem(svg), "");
}

TEST(Curves, ShowIntervalsOfRepeatsOnly) {
    EXPECT_THAT(
        drawCurves(speedsOf({{"ring", "ring", {measured(1, 100), measured(2, 90)}}})).written(),
        Not(HasSubstr("class=\"interval\"")));
    EXPECT_EQ(
        occurrences(
            drawCurves(speedsOf({{"ring", "ring", {measured(1, 100, 5), measured(2, 90, 5)}}}))
                .written(),
            "class=\"interval\""),
        2U);
}

TEST(Curves, CopeWithOnePointNothingAndWhatHasNoLogarithm) {
    for (const std::vector<MeasuredPoint>& points : {std::vector<MeasuredPoint>{measured(2, 100)},
                                                     {},
                                                     {measured(0, 5), measured(2, -1)},
                                                     {measured(2, nan), measured(4, 0)}}) {
        const std::string svg = drawCurves(speedsOf({{"ring", "ring", points}})).written();
        EXPECT_THAT(svg, Not(HasSubstr("nan")));
        EXPECT_THAT(svg, Not(HasSubstr("inf")));
        EXPECT_EQ(tagProblem(svg), "");
    }
}

TEST(LogTicks, AreOneTwoAndFive) {
    EXPECT_THAT(logTicks(90, 1100), ElementsAre(100, 200, 500, 1000));
    EXPECT_THAT(logTicks(3, 4.4), ElementsAre(3, 3.5, 4)) << "round numbers where they are few";
}

RC_GTEST_PROP(LogTicks, StayFewAndInsideTheirRange, ()) {
    const double low = *rc::gen::inRange(1, 1000000) / 997.0;
    const double high = low * (1 + *rc::gen::inRange(1, 10000000) / 1000.0);
    const std::vector<double> ticks = logTicks(low, high);
    RC_ASSERT(ticks.size() >= 1 && ticks.size() <= 16);
    RC_ASSERT(ticks.front() >= low * (1 - 1e-9) && ticks.back() <= high * (1 + 1e-9));
}

RC_GTEST_PROP(RoundTicks, StayFewAndInsideTheirRange, ()) {
    const double low = *rc::gen::inRange(-100000, 100000) / 997.0;
    const double high = low + *rc::gen::inRange(1, 1000000) / 991.0;
    const std::vector<double> ticks = roundTicks(low, high, 5);
    const double slack = (high - low) * 1e-6;
    RC_ASSERT(!ticks.empty() && ticks.size() <= 6);
    RC_ASSERT(ticks.front() >= low - slack && ticks.back() <= high + slack);
}

}  // namespace
}  // namespace ringscope::reporting
