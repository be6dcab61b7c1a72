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

QString qtext(const char* words) { return QString::fromUtf8(words); }

TEST(Fuzzy, NeedsEveryLetterInItsOrder) {
    EXPECT_TRUE(fuzzyScore(qtext("gtr"), qtext("Go to Traces")));
    EXPECT_TRUE(fuzzyScore(qtext("TRACES"), qtext("Go to Traces")));
    EXPECT_FALSE(fuzzyScore(qtext("rtg"), qtext("Go to Traces")));
    EXPECT_FALSE(fuzzyScore(qtext("tracesx"), qtext("Go to Traces")));
    EXPECT_FALSE(fuzzyScore(qtext("a"), QString()));
}

TEST(Fuzzy, PrefersBeginningsOfWordsThenLettersThatStandTogether) {
    EXPECT_GT(fuzzyScore(qtext("nr"), qtext("Go: New run")),
              fuzzyScore(qtext("nr"), qtext("Theme: minor")));
    EXPECT_GT(fuzzyScore(qtext("dark"), qtext("Theme: Dark")),
              fuzzyScore(qtext("dark"), qtext("drag or work")));
    EXPECT_GT(fuzzyScore(qtext("run"), qtext("Run")),
              fuzzyScore(qtext("run"), qtext("Run the demo again")));
}

TEST(Fuzzy, TakesNothingForEverything) {
    EXPECT_EQ(fuzzyScore(QString(), qtext("Quit")), 0);
    EXPECT_EQ(fuzzyScore(qtext("  "), qtext("Quit")), 0);
}

class Palette : public testing::Test {
protected:
    Palette() {
        window.resize(800, 600);
        window.show();
        window.activateWindow();
        EXPECT_TRUE(QTest::qWaitForWindowActive(&window));
        before->setFocus();
        palette.open({{qtext("Go: Traces"), QKeySequence(qtext("Ctrl+4")),
                       [this] { done << qtext("traces"); }},
                      {qtext("Theme: Dark"), {}, [this] { done << qtext("dark"); }},
                      {qtext("Theme: Light"), {}, [this] { done << qtext("light"); }}});
    }
    void key(Qt::Key key) { QTest::keyClick(&palette.box(), key); }

    QWidget window;
    QPushButton* before = new QPushButton(&window);
    CommandPalette palette{&window};
    QStringList done;
};

TEST_F(Palette, IsUsedWithTheKeyboardAlone) {
    ASSERT_EQ(QApplication::focusWidget(), &palette.box());
    QTest::keyClicks(&palette.box(), qtext("them"));
    EXPECT_EQ(palette.list().count(), 2);
    key(Qt::Key_Down);
    EXPECT_EQ(palette.list().currentItem()->text(), qtext("Theme: Light"));
    key(Qt::Key_Down);  // stays at the end
    key(Qt::Key_Return);
    EXPECT_EQ(done, QStringList{qtext("light")});
    EXPECT_FALSE(palette.isVisible());
    EXPECT_EQ(QApplication::focusWidget(), before);
}

TEST_F(Palette, DoesNothingWhenItIsClosedOrFindsNothing) {
    QTest::keyClicks(&palette.box(), qtext("zzz"));
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
    EXPECT_TRUE(item->data(Qt::AccessibleTextRole).toString().contains(qtext("Ctrl+4")));
}

}  // namespace
}  // namespace ringscope::ui
