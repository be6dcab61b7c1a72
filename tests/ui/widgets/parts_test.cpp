#include "ui/widgets/parts.h"

#include <gtest/gtest.h>
#include <QApplication>
#include <QClipboard>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

namespace ringscope::ui {
namespace {

using Choices = std::vector<std::pair<QString, QString>>;

TEST(CountText, GrowsAnSForMoreThanOne) {
    EXPECT_EQ(countText(1, "run"), QStringLiteral("1 run"));
    EXPECT_EQ(countText(4, "run"), QStringLiteral("4 runs"));
    EXPECT_EQ(countText(0, "run"), QStringLiteral("0 runs"));
}

TEST(ElidedLabel, ShowsAllWhereThereIsRoomAndElsewhereHasItAsTooltip) {
    ElidedLabel label;
    label.setFullText(QStringLiteral("a sentence of some length"));
    label.resize(label.sizeHint());
    EXPECT_EQ(label.text(), label.fullText());
    EXPECT_EQ(label.toolTip(), QString());
    label.resize(label.sizeHint().width() / 3, label.height());
    label.show();
    QApplication::processEvents();
    EXPECT_TRUE(label.text().endsWith(QChar(0x2026))) << label.text().toStdString();
    EXPECT_EQ(label.toolTip(), label.fullText());
    EXPECT_EQ(label.accessibleName(), label.fullText()) << "a screen reader gets the whole";
}

TEST(ElidedLabel, NeverAsksForTheWidthOfItsText) {
    ElidedLabel label;
    label.setFullText(QString(10'000, QLatin1Char('x')));
    EXPECT_LT(label.minimumSizeHint().width(), 100);
}

class Choice : public testing::Test {
protected:
    Choice() { box.setChoices(three); }
    const Choices three = {{QStringLiteral("a"), QStringLiteral("first")},
                           {QStringLiteral("b"), QStringLiteral("second")},
                           {QStringLiteral("c"), QStringLiteral("third")}};
    ChoiceBox box;
};

TEST_F(Choice, KeepsWhatWasChosenByItsKey) {
    box.setCurrentIndex(1);
    box.setChoices({{QStringLiteral("new"), QStringLiteral("newest")},
                    three[0],
                    {QStringLiteral("b"), QStringLiteral("second, renamed")}});
    EXPECT_EQ(box.currentData().toString(), QStringLiteral("b"));
    EXPECT_EQ(box.currentText(), QStringLiteral("second, renamed"));
}

TEST_F(Choice, FallsBackToTheFirstWhereTheChosenOneHasGone) {
    box.setCurrentIndex(2);
    box.setChoices({three[0], three[1]});
    EXPECT_EQ(box.currentData().toString(), QStringLiteral("a"));
    box.setChoices({});
    EXPECT_EQ(box.count(), 0);
    EXPECT_EQ(box.currentIndex(), -1);
}

TEST_F(Choice, SignalsNothingWhenItsChoicesAreSet) {
    QSignalSpy changed(&box, &QComboBox::currentIndexChanged);
    box.setChoices({three[2]});
    box.setChoices(three);
    EXPECT_EQ(changed.count(), 0);
}

TEST(EmptyState, HasAButtonOnlyWhereThereIsSomethingToDo) {
    EmptyState empty(QStringLiteral("No runs yet"), QStringLiteral("Run the demo first."),
                     QStringLiteral("Run the demo"));
    empty.show();
    EXPECT_TRUE(empty.button()->isVisible());
    empty.setTexts(QStringLiteral("The store cannot be read"), QStringLiteral("It is locked."), {});
    EXPECT_FALSE(empty.button()->isVisible());
}

TEST(CommandLine, CopiesTheWholeCommandHoweverLittleOfItIsShown) {
    CommandLine line;
    line.resize(160, 30);
    line.show();
    const QString command = QStringLiteral("ringscope compare ") + QString(200, QLatin1Char('a'));
    line.setCommand(command);
    QTest::mouseClick(line.findChild<QPushButton*>(QStringLiteral("copyCommand")), Qt::LeftButton);
    EXPECT_EQ(QApplication::clipboard()->text(), command);
}

TEST(Segments, AreCheckableAndTheLastOneClosesTheRow) {
    for (const bool last : {false, true}) {
        const std::unique_ptr<QPushButton> segment(makeSegment(QStringLiteral("Wait"), last));
        EXPECT_TRUE(segment->isCheckable());
        EXPECT_EQ(segment->property("last").toBool(), last);
    }
}

}  // namespace
}  // namespace ringscope::ui
