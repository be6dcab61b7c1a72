#include "backend/plan/mode_table.h"
#include "ui/look/icons.h"
#include "ui/look/theme.h"

#include <gtest/gtest.h>
#include <QApplication>
#include <QRegularExpression>
#include <QWidget>
#include <algorithm>
#include <array>
#include <cmath>

namespace ringscope::ui {
namespace {

// Relative luminance and contrast as WCAG 2 defines them.
double luminance(const QColor& colour) {
    const auto channel = [](double c) {
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * channel(colour.redF()) + 0.7152 * channel(colour.greenF()) +
           0.0722 * channel(colour.blueF());
}

double contrast(const QColor& a, const QColor& b) {
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

class BothLooks : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Look, BothLooks, testing::Bool(),
                         [](const auto& info) { return info.param ? "Dark" : "Light"; });

TEST_P(BothLooks, GiveEveryTextEnoughContrastOnBackgroundAndPanel) {
    const Ink ink = inkFor(GetParam());
    for (const QColor& text : {ink.text, ink.muted, ink.accent, ink.good, ink.caution, ink.bad})
        for (const QColor& ground : {ink.background, ink.panel})
            EXPECT_GE(contrast(text, ground), 4.5)
                << text.name().toStdString() << " on " << ground.name().toStdString();
}

TEST_P(BothLooks, GiveEveryModeAMarkThatStandsOut) {
    const Ink ink = inkFor(GetParam());
    for (const Mode& mode : modeTable())
        EXPECT_GE(contrast(ink.mode(mode.name), ink.panel), GetParam() ? 5.5 : 4.0) << mode.name;
}

// How far apart two colours look: their distance in OKLab, in hundredths.
using Lab = std::array<double, 3>;

Lab lab(const QColor& colour) {
    const auto channel = [](double c) {
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    const double r = channel(colour.redF());
    const double g = channel(colour.greenF());
    const double b = channel(colour.blueF());
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

double apart(const QColor& a, const QColor& b) {
    const Lab x = lab(a);
    const Lab y = lab(b);
    return 100 * std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

// As eyes see it that lack the receptors for green: the matrix of Machado, Oliveira and Fernandes
// (2009) at its full severity, on linear light.
QColor withoutRedAndGreen(const QColor& colour) {
    const auto linear = [](double c) {
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    const auto encoded = [](double c) {
        const double kept = std::clamp(c, 0.0, 1.0);
        const double shown =
            kept <= 0.0031308 ? kept * 12.92 : 1.055 * std::pow(kept, 1 / 2.4) - 0.055;
        return static_cast<float>(shown);
    };
    const double r = linear(colour.redF());
    const double g = linear(colour.greenF());
    const double b = linear(colour.blueF());
    return QColor::fromRgbF(encoded(0.367322 * r + 0.860646 * g - 0.227968 * b),
                            encoded(0.280085 * r + 0.672501 * g + 0.047413 * b),
                            encoded(-0.011820 * r + 0.042940 * g + 0.968881 * b));
}

constexpr std::array memoryColours = {
    memoryLook.other,         memoryLook.parameters,  memoryLook.gradients, memoryLook.optimizer,
    memoryLook.communication, memoryLook.activations, memoryLook.logits,    memoryLook.workspace};

TEST_P(BothLooks, GiveEveryUseOfMemoryAColourOfItsOwn) {
    const Ink ink = inkFor(GetParam());
    const auto colour = [](const ColourPair& pair) { return colourOf(pair, GetParam()); };
    for (std::size_t i = 0; i < memoryColours.size(); ++i) {
        const QColor mine = colour(memoryColours[i]);
        EXPECT_GE(contrast(mine, ink.background), GetParam() ? 6.0 : 4.2) << i;
        EXPECT_GE(contrast(mine, ink.panel), GetParam() ? 5.5 : 4.0) << i;
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_GE(apart(mine, colour(memoryColours[j])), 10) << i << " and " << j;
        if (i > 0) {
            const QColor below = colour(memoryColours[i - 1]);
            EXPECT_GE(apart(withoutRedAndGreen(mine), withoutRedAndGreen(below)), 10) << i;
        }
        for (const ColourPair& span : {spanLook.attention, spanLook.compute, spanLook.transfer,
                                       spanLook.copy, spanLook.host})
            EXPECT_GE(apart(mine, colour(span)), 8) << i << " and a span " << span.light;
    }
}

TEST_P(BothLooks, ReachThePaletteOfEveryWidget) {
    const QPalette palette = lookPalette(GetParam());
    const Ink ink = inkFor(GetParam());
    EXPECT_EQ(isDark(palette), GetParam());
    EXPECT_EQ(palette.color(QPalette::Window), ink.background);
    EXPECT_EQ(palette.color(QPalette::WindowText), ink.text);
    EXPECT_GE(
        contrast(palette.color(QPalette::HighlightedText), palette.color(QPalette::Highlight)),
        4.5);
    EXPECT_GE(contrast(palette.color(QPalette::PlaceholderText), palette.color(QPalette::Base)),
              4.5);
}

TEST_P(BothLooks, LeaveNoPlaceholderInTheStyleSheet) {
    const QString sheet = lookStyleSheet(GetParam(), 1.25);
    EXPECT_FALSE(sheet.contains(QLatin1Char('@'))) << sheet.toStdString();
    EXPECT_FALSE(sheet.contains(QRegularExpression(QStringLiteral("#\\d+#"))));
}

TEST(ThemeController, ChangesEveryWidgetAtOnce) {
    ThemeController theme;
    QWidget widget;
    widget.show();
    theme.setTheme(Theme::Dark);
    EXPECT_TRUE(inkOf(widget).dark);
    EXPECT_EQ(widget.palette().color(QPalette::Window), inkFor(true).background);
    theme.setTheme(Theme::Light);
    EXPECT_FALSE(inkOf(widget).dark);
}

TEST(ThemeController, FollowsTheDesktopWhileTheThemeIsSystem) {
    ThemeController theme;
    theme.setTheme(Theme::Dark);
    theme.setTheme(Theme::System);  // the offscreen platform's palette is light
    EXPECT_FALSE(theme.dark());
    EXPECT_FALSE(isDark(QApplication::palette()));
}

TEST(ThemeController, ZoomsTypeAndLengthsAlikeWithinItsLimits) {
    ThemeController theme;
    theme.setZoom(1.5);
    EXPECT_EQ(scaled(100), 154);  // 13 px type becomes 20 px, and lengths follow the type
    EXPECT_EQ(QApplication::font().pixelSize(), 20);
    theme.setZoom(9);
    EXPECT_EQ(theme.zoom(), 2.0);
    theme.setZoom(1);
    EXPECT_EQ(scaled(100), 100);
}

TEST(Icons, AreDrawnInTheColourOfTheTheme) {
    ThemeController theme;
    const auto strongest = [](Icon which) {
        const QImage image = icon(which).pixmap(48, 48).toImage();
        QColor found(Qt::transparent);
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                if (image.pixelColor(x, y).alpha() > found.alpha()) found = image.pixelColor(x, y);
        return found;
    };
    for (Theme look : {Theme::Light, Theme::Dark}) {
        theme.setTheme(look);
        for (int i = int(Icon::Runs); i <= int(Icon::Check); ++i) {
            const QColor drawn = strongest(Icon(i));
            EXPECT_GT(drawn.alpha(), 200) << "icon " << i << " is empty";
            EXPECT_GE(contrast(drawn, inkFor(theme.dark()).panel), 4.5) << "icon " << i;
        }
    }
    theme.setTheme(Theme::Light);
}

}  // namespace
}  // namespace ringscope::ui
