// Where the keyboard is can be seen: on every page each widget that Tab goes to changes its look,
// strongly enough and along its edge, in both themes.
#include "tests/ui/layout/filled_window.h"
#include "ui/look/focus_ring.h"
#include "ui/widgets/parts.h"

#include <gtest/gtest.h>
#include <QApplication>
#include <QImage>
#include <QPushButton>
#include <QTest>
#include <QVBoxLayout>
#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

namespace ringscope::ui {
namespace {

double luminance(QRgb pixel) {
    const auto channel = [](int value) {
        const double c = value / 255.0;
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * channel(qRed(pixel)) + 0.7152 * channel(qGreen(pixel)) +
           0.0722 * channel(qBlue(pixel));
}

// WCAG's least contrast between what is focused and what is not.
bool differs(QRgb a, QRgb b) {
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05) >= 3;
}

int changedPixels(const QImage& a, const QImage& b) {
    int changed = 0;
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x)
            if (differs(a.pixel(x, y), b.pixel(x, y))) ++changed;
    return changed;
}

QString nameOf(const QWidget& widget) {
    const auto* button = qobject_cast<const QAbstractButton*>(&widget);
    const QString words = button != nullptr ? button->text() : widget.accessibleName();
    return QStringLiteral("%1 '%2' '%3'")
        .arg(QString::fromLatin1(widget.metaObject()->className()), words, widget.objectName());
}

class Focus : public testing::TestWithParam<std::string> {
protected:
    static void SetUpTestSuite() { filled = std::make_unique<test::FilledWindow>(); }
    static void TearDownTestSuite() { filled.reset(); }

    // The widget and what is right beside it.
    static QImage picture(const QWidget& widget) {
        QWidget& window = filled->window();
        const QRect box(widget.mapTo(&window, QPoint(0, 0)), widget.size());
        return window.grab(box.adjusted(-3, -3, 3, 3).intersected(window.rect())).toImage();
    }

    // By Tab through the page, once round. An editor keeps Tab: it is left by a shortcut.
    void walk(const char* theme) {
        MainWindow& window = filled->window();
        std::set<QWidget*> seen;
        window.findChild<QWidget*>(QStringLiteral("rail_runs"))->setFocus(Qt::TabFocusReason);
        for (QWidget* now = QApplication::focusWidget(); now != nullptr && !seen.contains(now);
             now = QApplication::focusWidget()) {
            seen.insert(now);
            const QImage focused = picture(*now);
            now->clearFocus();
            const QImage left = picture(*now);
            const int edge = 2 * (now->visibleRegion().boundingRect().width() +
                                  now->visibleRegion().boundingRect().height());
            EXPECT_GE(changedPixels(focused, left), edge / 2)
                << GetParam() << ", " << theme << ": " << nameOf(*now).toStdString();
            now->setFocus(Qt::TabFocusReason);
            QTest::keyClick(now, Qt::Key_Tab);
            if (QApplication::focusWidget() == now)
                QTest::keyClick(now, Qt::Key_Tab, Qt::ControlModifier);
        }
        EXPECT_GE(seen.size(), 3U) << "the rail, and what the page begins and ends with";
    }

    static std::unique_ptr<test::FilledWindow> filled;
};
std::unique_ptr<test::FilledWindow> Focus::filled;

// A view for each kind of widget; what other views show besides is of the same kinds.
INSTANTIATE_TEST_SUITE_P(EveryPage, Focus,
                         testing::Values("runs", "run-steps", "run-log", "new", "compare-bars",
                                         "traces", "migrate-keys", "migrate-decisions", "live"),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
                             return name;
                         });

TEST_P(Focus, IsSeenOnEveryWidgetThatTabGoesTo) {
    filled->window().activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&filled->window()));
    filled->resize(1280, 800);
    for (const auto& [theme, name] :
         {std::pair(Theme::Light, "light"), std::pair(Theme::Dark, "dark")}) {
        filled->setTheme(theme);
        filled->show(GetParam());
        walk(name);
    }
    filled->setTheme(Theme::Light);
}

class Ring : public testing::Test {
protected:
    Ring() {
        column->addWidget(first);
        column->addWidget(second);
        window.show();
        window.activateWindow();
        EXPECT_TRUE(QTest::qWaitForWindowActive(&window));
    }

    FocusRing ring;
    QWidget window;
    QVBoxLayout* column = new QVBoxLayout(&window);
    QPushButton* first = makeButton(QStringLiteral("first"));
    QPushButton* second = makeButton(QStringLiteral("second"));
};

TEST_F(Ring, FollowsTheKeyboardAndGoesWithTheMouse) {
    second->setFocus(Qt::MouseFocusReason);
    EXPECT_EQ(ring.target(), nullptr);
    first->setFocus(Qt::TabFocusReason);
    EXPECT_EQ(ring.target(), first);
    QTest::keyClick(first, Qt::Key_Tab);
    EXPECT_EQ(ring.target(), second);
    QTest::mouseClick(first, Qt::LeftButton);
    EXPECT_EQ(ring.target(), nullptr);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Shift);
    EXPECT_EQ(ring.target(), QApplication::focusWidget());
}

TEST_F(Ring, OutlivesTheWidgetAndTheWindowItIsRound) {
    second->setFocus(Qt::TabFocusReason);
    ASSERT_EQ(ring.target(), second);
    delete second;
    EXPECT_NE(ring.target(), second);
    auto* other = new QWidget;
    auto* inside = new QPushButton(other);
    other->show();
    other->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(other));
    inside->setFocus(Qt::TabFocusReason);
    EXPECT_EQ(ring.target(), inside);
    delete other;
    EXPECT_EQ(ring.target(), nullptr);
}

}  // namespace
}  // namespace ringscope::ui
