#include "ui/widgets/command_palette.h"
#include "ui/widgets/fuzzy.h"

#include <gtest/gtest.h>
#include <QApplication>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTest>

namespace ringscope::ui {
namespace {

QString q(const char* words) { return QString::fromUtf8(words); }

TEST(Fuzzy, NeedsEveryLetterInItsOrder) {
    EXPECT_TRUE(fuzzyScore(q("gtr"), q("Go to Traces")));
    EXPECT_TRUE(fuzzyScore(q("TRACES"), q("Go to Traces")));
    EXPECT_FALSE(fuzzyScore(q("rtg"), q("Go to Traces")));
    EXPECT_FALSE(fuzzyScore(q("tracesx"), q("Go to Traces")));
    EXPECT_FALSE(fuzzyScore(q("a"), QString()));
}

TEST(Fuzzy, PrefersBeginningsOfWordsThenLettersThatStandTogether) {
    EXPECT_GT(fuzzyScore(q("nr"), q("Go: New run")), fuzzyScore(q("nr"), q("Theme: minor")));
    EXPECT_GT(fuzzyScore(q("dark"), q("Theme: Dark")), fuzzyScore(q("dark"), q("drag or work")));
    EXPECT_GT(fuzzyScore(q("run"), q("Run")), fuzzyScore(q("run"), q("Run the demo again")));
}

TEST(Fuzzy, TakesNothingForEverything) {
    EXPECT_EQ(fuzzyScore(QString(), q("Quit")), 0);
    EXPECT_EQ(fuzzyScore(q("  "), q("Quit")), 0);
}

class Palette : public testing::Test {
protected:
    Palette() {
        window.resize(800, 600);
        window.show();
        window.activateWindow();
        EXPECT_TRUE(QTest::qWaitForWindowActive(&window));
        before->setFocus();
        palette.open({{q("Go: Traces"), QKeySequence(q("Ctrl+4")), [this] { done << q("traces"); }},
                      {q("Theme: Dark"), {}, [this] { done << q("dark"); }},
                      {q("Theme: Light"), {}, [this] { done << q("light"); }}});
    }
    void key(Qt::Key key) { QTest::keyClick(&palette.box(), key); }

    QWidget window;
    QPushButton* before = new QPushButton(&window);
    CommandPalette palette{&window};
    QStringList done;
};

TEST_F(Palette, IsUsedWithTheKeyboardAlone) {
    ASSERT_EQ(QApplication::focusWidget(), &palette.box());
    QTest::keyClicks(&palette.box(), q("them"));
    EXPECT_EQ(palette.list().count(), 2);
    key(Qt::Key_Down);
    EXPECT_EQ(palette.list().currentItem()->text(), q("Theme: Light"));
    key(Qt::Key_Down);  // stays at the end
    key(Qt::Key_Return);
    EXPECT_EQ(done, QStringList{q("light")});
    EXPECT_FALSE(palette.isVisible());
    EXPECT_EQ(QApplication::focusWidget(), before);
}

TEST_F(Palette, DoesNothingWhenItIsClosedOrFindsNothing) {
    QTest::keyClicks(&palette.box(), q("zzz"));
    EXPECT_EQ(palette.list().count(), 0);
    key(Qt::Key_Return);
    EXPECT_TRUE(palette.isVisible());
    key(Qt::Key_Escape);
    EXPECT_FALSE(palette.isVisible());
    EXPECT_TRUE(done.isEmpty());
    EXPECT_EQ(QApplication::focusWidget(), before);
}

TEST_F(Palette, SaysTheKeysThatDoTheSame) {
    const QListWidgetItem* item = palette.list().item(0);
    EXPECT_TRUE(item->data(Qt::AccessibleTextRole).toString().contains(q("Ctrl+4")));
}

}  // namespace
}  // namespace ringscope::ui
