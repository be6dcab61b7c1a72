#include "ui/widgets/find_bar.h"
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

TEST_F(Find, GivesTheFocusBackToThePage) {
    key(Qt::Key_Escape);
    EXPECT_FALSE(bar->isVisible());
    EXPECT_EQ(QApplication::focusWidget(), &page);
}

}  // namespace
}  // namespace ringscope::ui
