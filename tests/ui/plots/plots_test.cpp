// Charts with nothing in them, with one value, and with values that are no numbers.
#include "tests/ui/plots/pixels.h"
#include "ui/look/theme.h"
#include "ui/plots/bar_chart.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/line_chart.h"
#include "ui/plots/sparkline.h"

#include <gtest/gtest.h>
#include <QApplication>
#include <QTableWidget>
#include <limits>

namespace ringscope::ui {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

bool hasColour(QWidget& widget, const QColor& colour) { return test::pixelsOf(widget, colour) > 0; }

class Plots : public testing::Test {
protected:
    Plots() { theme.setTheme(Theme::Light); }
    ThemeController theme;
    const Ink ink = inkFor(false);
};

TEST_F(Plots, SparklineDrawsItsCourseInTheModesColour) {
    Sparkline line(QStringLiteral("Step time"));
    line.resize(240, 80);
    line.setValues({3, 2, 1}, "ring", QStringLiteral("1 ms"));
    EXPECT_TRUE(hasColour(line, ink.mode("ring")));
    EXPECT_EQ(line.accessibleName(), QStringLiteral("Step time: 1 ms"));
}

TEST_F(Plots, SparklineOfNothingIsATitleAlone) {
    Sparkline line(QStringLiteral("Step time"));
    line.resize(240, 80);
    line.setValues({}, "ring", QStringLiteral("–"));
    EXPECT_FALSE(hasColour(line, ink.mode("ring")));
    line.setValues({nan, inf, -inf}, "ring", QStringLiteral("–"));
    EXPECT_FALSE(hasColour(line, ink.mode("ring")));
}

TEST_F(Plots, SparklineOfOneValueIsAPoint) {
    Sparkline line(QStringLiteral("Step time"));
    line.resize(240, 80);
    line.setValues({nan, 5}, "ring", QStringLiteral("5 ms"));
    EXPECT_TRUE(hasColour(line, ink.mode("ring")));
    line.resize(10, 10);
    line.grab();
}

TEST_F(Plots, BarOfAModeThatWasNotMeasuredIsItsWordsAlone) {
    BarChart chart;
    chart.resize(400, 120);
    chart.setRows({{.label = QStringLiteral("ring"),
                    .mode = "ring",
                    .value = {},
                    .predicted = {},
                    .shown = QStringLiteral("failed")}});
    chart.show();
    QApplication::processEvents();
    EXPECT_EQ(chart.accessibleDescription(), QStringLiteral("ring failed"));
    EXPECT_EQ(chart.rows().size(), 1U);
}

TEST_F(Plots, BarsCanBeNoneAtAll) {
    BarChart chart;
    chart.resize(400, 120);
    chart.show();
    chart.setRows({});
    QApplication::processEvents();
    chart.grab();
    EXPECT_TRUE(chart.rows().empty());
}

TEST_F(Plots, BarsFollowTheTheme) {
    BarChart chart;
    chart.resize(400, 120);
    chart.setRows({{.label = QStringLiteral("ring"),
                    .mode = "ring",
                    .value = 10,
                    .predicted = {},
                    .shown = QStringLiteral("10")}});
    chart.show();
    QApplication::processEvents();
    theme.setTheme(Theme::Dark);
    QApplication::processEvents();
    EXPECT_TRUE(hasColour(chart, inkFor(true).mode("ring")));
    theme.setTheme(Theme::Light);
}

TEST_F(Plots, LinesStartAnewWhenCleared) {
    LineChart chart(QStringLiteral("Tokens/s"), LineChart::From::Zero);
    chart.resize(300, 200);
    chart.show();
    for (int step = 0; step < 100; ++step) chart.addPoint("a", "ring", step, 1'000 + step);
    EXPECT_EQ(chart.points("a"), 100);
    chart.clear();
    chart.addPoint("a", "zigzag", 0, inf);
    QApplication::processEvents();
    EXPECT_EQ(chart.points("a"), 0);
}

TEST_F(Plots, TableOfAChartHasACellForEachColumnEvenWhereFiguresAreMissing) {
    ChartPanel panel(QStringLiteral("Loss"), new BarChart);
    panel.setTable({QStringLiteral("Run"), QStringLiteral("Step"), QStringLiteral("Loss")},
                   {{QStringLiteral("a"), QStringLiteral("1")}, {}});
    ASSERT_EQ(panel.table()->rowCount(), 2);
    EXPECT_EQ(panel.table()->item(0, 2)->text(), QString());
    EXPECT_EQ(panel.table()->item(1, 0)->text(), QString());
    panel.setTable({QStringLiteral("Run")}, {});
    EXPECT_EQ(panel.table()->rowCount(), 0);
    EXPECT_EQ(panel.table()->columnCount(), 1);
}

}  // namespace
}  // namespace ringscope::ui
