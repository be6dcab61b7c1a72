#include "ui/widgets/find_bar.h"
#include "ui/widgets/fold.h"
#include "ui/widgets/parts.h"

#include <gtest/gtest.h>
#include <QApplication>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QTableWidget>
#include <QTest>
#include <QVBoxLayout>

namespace ringscope::ui {
namespace {

QString q(const char* words) { return QString::fromUtf8(words); }

class Find : public testing::Test {
protected:
    Find() {
        auto* layout = new QVBoxLayout(&page);
        for (QWidget* widget : std::initializer_list<QWidget*>{label, hidden, table, text})
            layout->addWidget(widget);
        hidden->hide();
        table->setItem(1, 0, new QTableWidgetItem(q("Ring of ranks")));
        text->setPlainText(q("a ring\nand another ring"));
        auto* outer = new QVBoxLayout(&window);
        outer->addWidget(&page);
        outer->addWidget(bar);
        page.setFocusPolicy(Qt::StrongFocus);
        window.resize(400, 400);
        window.show();
        window.activateWindow();
        EXPECT_TRUE(QTest::qWaitForWindowActive(&window));
        bar->openFor(page);
    }
    void key(Qt::Key key, Qt::KeyboardModifiers with = {}) {
        QTest::keyClick(&bar->box(), key, with);
    }

    QWidget window;
    QWidget page{&window};
    QLabel* label = makeLabel(q("ring, zigzag"));
    QLabel* hidden = makeLabel(q("a ring that is hidden"));
    QTableWidget* table = new QTableWidget(2, 1);
    QPlainTextEdit* text = new QPlainTextEdit;
    FindBar* bar = new FindBar;
};

TEST_F(Find, CountsWhatIsSeenAndGoesRound) {
    QTest::keyClicks(&bar->box(), q("RING"));
    EXPECT_EQ(bar->count(), q("1 of 4"));
    EXPECT_EQ(bar->hit(), label);
    key(Qt::Key_Return);
    EXPECT_EQ(bar->hit(), table);
    EXPECT_EQ(table->currentRow(), 1);
    key(Qt::Key_Return);
    EXPECT_EQ(bar->hit(), text);
    EXPECT_EQ(text->textCursor().selectedText(), q("ring"));
    EXPECT_EQ(text->textCursor().blockNumber(), 0);
    key(Qt::Key_Return);
    EXPECT_EQ(text->textCursor().blockNumber(), 1);
    key(Qt::Key_Return);
    EXPECT_EQ(bar->count(), q("1 of 4"));
    key(Qt::Key_Return, Qt::ShiftModifier);
    EXPECT_EQ(bar->count(), q("4 of 4"));
}

TEST_F(Find, SaysWhereThereIsNothing) {
    QTest::keyClicks(&bar->box(), q("ulysses"));
    EXPECT_EQ(bar->count(), q("not found"));
    EXPECT_EQ(bar->hit(), nullptr);
    key(Qt::Key_Return);
    bar->box().clear();
    EXPECT_EQ(bar->count(), QString());
}

TEST_F(Find, LosesAHitThatGoesAway) {
    QTest::keyClicks(&bar->box(), q("zigzag"));
    ASSERT_EQ(bar->hit(), label);
    delete label;
    EXPECT_EQ(bar->hit(), nullptr);
    key(Qt::Key_Return);
    EXPECT_EQ(bar->hit(), nullptr);
}

class FindInFolds : public testing::Test {
protected:
    FindInFolds() {
        auto* inside = new QWidget;
        auto* layout = new QVBoxLayout(inside);
        for (Fold* fold : {open, rotary, experts}) layout->addWidget(fold);
        area.setWidget(inside);
        area.setWidgetResizable(true);
        outer.resize(300, 200);
        auto* column = new QVBoxLayout(&outer);
        column->addWidget(&area);
        column->addWidget(bar);
        outer.show();
        bar->openFor(area);
    }
    static Fold* fold(const char* title, const char* words, bool opened) {
        auto* body = new QWidget;
        auto* layout = new QVBoxLayout(body);
        layout->addWidget(makeLabel(q(words)));
        layout->addSpacing(400);
        layout->addWidget(makeLabel(q(words) + q(" again")));
        return new Fold(q(title), body, opened);
    }

    QWidget outer;
    QScrollArea area;
    Fold* open = fold("train", "steps", true);
    Fold* rotary = fold("rotary", "theta", false);
    Fold* experts = fold("experts", "gate", false);
    FindBar* bar = new FindBar;
};

TEST_F(FindInFolds, OpensTheOneWithTheHitAndScrollsToIt) {
    QTest::keyClicks(&bar->box(), q("theta again"));
    EXPECT_EQ(bar->count(), q("1 of 1"));
    EXPECT_TRUE(rotary->isOpen());
    EXPECT_FALSE(experts->isOpen());
    ASSERT_NE(bar->hit(), nullptr);
    const QPoint place = bar->hit()->mapTo(area.viewport(), QPoint(0, 0));
    EXPECT_TRUE(area.viewport()->rect().contains(place)) << place.y();
}

TEST_F(FindInFolds, FoldsAgainWhatTheSearchHasLeft) {
    QTest::keyClicks(&bar->box(), q("t"));  // train, steps, rotary, theta, experts, gate
    while (bar->hit()->window() != nullptr && !rotary->isOpen())
        QTest::keyClick(&bar->box(), Qt::Key_Return);
    while (!experts->isOpen()) QTest::keyClick(&bar->box(), Qt::Key_Return);
    EXPECT_FALSE(rotary->isOpen());
    EXPECT_TRUE(open->isOpen()) << "the user has opened it";
    bar->box().clear();
    EXPECT_FALSE(experts->isOpen());
}

TEST_F(FindInFolds, LeavesOpenWhereTheBarIsClosed) {
    QTest::keyClicks(&bar->box(), q("gate"));
    QTest::keyClick(&bar->box(), Qt::Key_Escape);
    EXPECT_TRUE(experts->isOpen());
}

TEST_F(FindInFolds, FindsByWordsThatAreNotShown) {
    auto* label = rotary->body()->findChild<QLabel*>();
    FindBar::setMoreWords(*label, q("base of the frequencies"));
    QTest::keyClicks(&bar->box(), q("FREQ"));
    EXPECT_EQ(bar->hit(), label);
}

TEST_F(Find, GivesTheFocusBackToThePage) {
    key(Qt::Key_Escape);
    EXPECT_FALSE(bar->isVisible());
    EXPECT_EQ(QApplication::focusWidget(), &page);
}

}  // namespace
}  // namespace ringscope::ui
