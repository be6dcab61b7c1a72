#include "tests/ui/plots/pixels.h"
#include "ui/look/theme.h"
#include "ui/plots/area_chart.h"
#include "ui/plots/bar_chart.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/curve_chart.h"
#include "ui/plots/line_chart.h"

#include <gtest/gtest.h>
#include <QImage>
#include <QTableWidget>
#include <QTest>
#include <algorithm>
#include <limits>

namespace ringscope::ui {
namespace {

using test::pixelsOf;

std::vector<BarRow> twoBars() {
    return {{.label = QStringLiteral("legacy"),
             .mode = "legacy",
             .value = 100,
             .low = 90,
             .high = 110,
             .predicted = {},
             .shown = QStringLiteral("100")},
            {.label = QStringLiteral("zigzag"),
             .mode = "zigzag",
             .value = 200,
             .low = 200,
             .high = 200,
             .predicted = 200,
             .shown = QStringLiteral("200")}};
}

TEST(BarChart, DrawsEachModeInItsColourAndInProportion) {
    for (bool dark : {false, true}) {
        ThemeController theme;
        theme.setTheme(dark ? Theme::Dark : Theme::Light);
        BarChart chart;
        chart.resize(400, 160);
        chart.show();
        chart.setRows(twoBars());
        QCoreApplication::processEvents();
        const int legacy = pixelsOf(chart, inkFor(dark).mode("legacy"));
        const int zigzag = pixelsOf(chart, inkFor(dark).mode("zigzag"));
        EXPECT_GT(legacy, 500);
        EXPECT_NEAR(double(zigzag) / legacy, 2.0, 0.2);
    }
}

AreaPicture twoAreas() {
    return {.length = 20,
            .across = QStringLiteral("ms"),
            .upright = QStringLiteral("MiB"),
            .parts = {{QStringLiteral("parameters"), memoryLook.parameters, {10, 10}},
                      {QStringLiteral("workspace"), memoryLook.workspace, {0, 20}}},
            .marks = {{0, QStringLiteral("step 3")}, {0.1, QStringLiteral("step 4")}},
            .wordsOf = [](std::size_t column) { return QString::number(column); }};
}

TEST(AreaChart, StacksPartsInTheirColoursAndInProportion) {
    for (const bool dark : {false, true}) {
        ThemeController theme;
        theme.setTheme(dark ? Theme::Dark : Theme::Light);
        AreaChart chart;
        chart.resize(400, 240);
        chart.show();
        chart.setPicture(twoAreas());
        QCoreApplication::processEvents();
        const int below = pixelsOf(chart, colourOf(memoryLook.parameters, dark));
        const int above = pixelsOf(chart, colourOf(memoryLook.workspace, dark));
        EXPECT_GT(below, 5'000);
        EXPECT_NEAR(double(above) / below, 1.0, 0.15) << "twice as high, half as long";
    }
}

TEST(AreaChart, DrawsACurveOfEachPartWhereTheyAreNotStacked) {
    AreaChart chart;
    chart.resize(400, 240);
    chart.show();
    chart.setPicture(twoAreas());
    chart.setStacked(false);
    QCoreApplication::processEvents();
    for (const ColourPair& colour : {memoryLook.parameters, memoryLook.workspace}) {
        const int pixels = pixelsOf(chart, colourOf(colour, false));
        EXPECT_GT(pixels, 50);
        EXPECT_LT(pixels, 2'000) << "a line, no area";
    }
}

TEST(AreaChart, SaysWhatIsUnderTheMouse) {
    AreaChart chart;
    EXPECT_EQ(chart.wordsAt(QPoint(10, 10)), QString());
    chart.resize(400, 240);
    chart.show();
    chart.setPicture(twoAreas());
    QCoreApplication::processEvents();
    EXPECT_EQ(chart.wordsAt(QPoint(120, 100)), QStringLiteral("0"));
    EXPECT_EQ(chart.wordsAt(QPoint(370, 100)), QStringLiteral("1"));
    EXPECT_EQ(chart.wordsAt(QPoint(1, 100)), QString());
}

// Twelve configurations of experiments that differ in everything.
TEST(BarChart, KeepsItsBarsWhateverTheLabels) {
    ThemeController theme;
    theme.setTheme(Theme::Light);
    std::vector<BarRow> rows;
    rows.push_back({.label = QStringLiteral("1,024 tokens, 2 ranks"),
                    .mode = {},
                    .value = {},
                    .predicted = {},
                    .shown = {},
                    .heading = true});
    for (int i = 0; i < 12; ++i)
        rows.push_back({.label = QStringLiteral("zigzag preset=tiny seq_len=%1 source=some text")
                                     .arg(1024 * (i + 1)),
                        .mode = "zigzag",
                        .value = 100,
                        .predicted = {},
                        .shown = QStringLiteral("1,234 tokens/s")});
    BarChart chart;
    chart.setRows(rows);
    const int height = static_cast<QWidget&>(chart).minimumSizeHint().height();
    EXPECT_GE(height, 13 * 18) << "a row of its own for each bar";
    chart.resize(300, height);
    chart.show();
    QCoreApplication::processEvents();
    const QImage image = chart.grab().toImage();
    const QRgb colour = inkFor(false).mode("zigzag").rgb();
    int longest = 0;
    for (int y = 0; y < image.height(); ++y) {
        int across = 0;
        for (int x = 0; x < image.width(); ++x) across += image.pixelColor(x, y).rgb() == colour;
        longest = std::max(longest, across);
    }
    EXPECT_GE(longest, 40) << "of 300 pixels";
}

TEST(CurveChart, DrawsEachModeInItsColourAndSaysItsFigures) {
    ThemeController theme;
    theme.setTheme(Theme::Light);
    CurveChart chart;
    chart.resize(300, 200);
    chart.show();
    chart.setCurves({{QStringLiteral("ring"), "ring", {{1024, 50, 45, 55}, {2048, 100, 100, 100}}},
                     {QStringLiteral("zigzag"), "zigzag", {{1024, 0, 0, 0}, {2048, 70, 70, 70}}}},
                    QStringLiteral("tokens"));
    QCoreApplication::processEvents();
    EXPECT_GT(pixelsOf(chart, inkFor(false).mode("ring")), 50);
    EXPECT_EQ(chart.accessibleDescription(),
              QStringLiteral("ring: 50 at 1,024, 100 at 2,048; zigzag: 0 at 1,024, 70 at 2,048"));
    chart.setCurves({}, QStringLiteral("ranks"));
    QCoreApplication::processEvents();
    EXPECT_EQ(pixelsOf(chart, inkFor(false).mode("ring")), 0);
}

TEST(BarChart, SaysItsFiguresToAScreenReader) {
    BarChart chart;
    chart.setRows(twoBars());
    EXPECT_EQ(chart.accessibleDescription(), QStringLiteral("legacy 100, zigzag 200"));
}

TEST(LineChart, TakesPointsOfSeveralRunsAndLeavesOutWhatIsNoNumber) {
    LineChart chart(QStringLiteral("Loss"), LineChart::From::Data);
    chart.addPoint("a", "ring", 0, 5.0);
    chart.addPoint("a", "ring", 1, std::numeric_limits<double>::quiet_NaN());
    chart.addPoint("a", "ring", 2, 4.0);
    chart.addPoint("b", "zigzag", 0, 5.0);
    EXPECT_EQ(chart.points("a"), 2);
    EXPECT_EQ(chart.points("b"), 1);
    EXPECT_EQ(chart.points("c"), 0);
    chart.clear();
    EXPECT_EQ(chart.points("a"), 0);
}

TEST(ChartPanel, ShowsTheSameNumbersAsATable) {
    ChartPanel panel(QStringLiteral("Tokens/s"), new BarChart);
    panel.setTable({QStringLiteral("Mode"), QStringLiteral("Median")},
                   {{QStringLiteral("legacy"), QStringLiteral("100")}});
    panel.show();
    EXPECT_FALSE(panel.table()->isVisible());
    panel.showTable(true);
    EXPECT_TRUE(panel.table()->isVisible());
    EXPECT_EQ(panel.table()->item(0, 1)->text(), QStringLiteral("100"));
}

}  // namespace
}  // namespace ringscope::ui
