#include "ui/look/theme.h"
#include "ui/plots/bar_chart.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/line_chart.h"

#include <gtest/gtest.h>
#include <QImage>
#include <QTableWidget>
#include <QTest>
#include <limits>

namespace ringscope::ui {
namespace {

// Pixels of exactly this colour in the widget's picture.
int pixelsOf(QWidget& widget, const QColor& colour) {
    const QImage image = widget.grab().toImage();
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixelColor(x, y).rgb() == colour.rgb()) ++count;
    return count;
}

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
