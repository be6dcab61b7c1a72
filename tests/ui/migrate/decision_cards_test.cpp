#include "ui/migrate/decision_cards.h"

#include "ui/widgets/parts.h"

#include <gtest/gtest.h>
#include <QApplication>
#include <QRadioButton>
#include <QTest>

namespace ringscope::ui {
namespace {

Decision decisionOf(const std::string& id, int options) {
    Decision decision{.id = id,
                      .question = "which of them?",
                      .key = "old_key",
                      .options = {},
                      .defaultOption = "o0",
                      .chosen = "o0"};
    for (int i = 0; i < options; ++i)
        decision.options.push_back({.id = "o" + std::to_string(i),
                                    .label = "option " + std::to_string(i),
                                    .consequence = "follows " + std::to_string(i)});
    return decision;
}

class Cards : public testing::Test {
protected:
    Cards() {
        QObject::connect(&cards, &DecisionCards::answered, &cards,
                         [this](const std::string& decision, const std::string& option) {
                             answers.emplace_back(decision, option);
                         });
        cards.resize(600, 400);
        cards.show();
    }
    void show(std::vector<Decision> decisions) {
        Migration migration;
        migration.decisions = std::move(decisions);
        migration.keys.resize(1);
        migration.keys[0].path = "old_key";
        migration.keys[0].line = 18;
        cards.showDecisions(migration);
        QApplication::processEvents();  // a layout shows what was added to it
    }
    QRadioButton* button(const char* name) {
        return cards.findChild<QRadioButton*>(QString::fromLatin1(name));
    }
    bool says(const QString& words) const {
        for (const QLabel* label : cards.findChildren<QLabel*>())
            if (label->text() == words) return true;
        return false;
    }

    DecisionCards cards;
    std::vector<std::pair<std::string, std::string>> answers;
};

TEST_F(Cards, ChooseNothingBeforeTheUserDoesAndNameTheDefault) {
    show({decisionOf("packing", 2)});
    EXPECT_FALSE(button("decide_packing_o0")->isChecked());
    EXPECT_FALSE(button("decide_packing_o1")->isChecked());
    EXPECT_EQ(button("decide_packing_o0")->accessibleName(),
              QStringLiteral("Option 0 (the default)"));
    EXPECT_TRUE(says(QStringLiteral("old_key, line 18")));
    EXPECT_TRUE(says(QStringLiteral("? open")));
    EXPECT_TRUE(answers.empty());
}

TEST_F(Cards, SayWhichOptionWasClicked) {
    show({decisionOf("packing", 2)});
    button("decide_packing_o1")->click();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0], (std::pair<std::string, std::string>("packing", "o1")));
}

TEST_F(Cards, StayInPlaceWhileAnotherDecisionIsRaised) {
    show({decisionOf("packing", 2)});
    const QRadioButton* before = button("decide_packing_o1");
    Decision answered = decisionOf("packing", 2);
    answered.answered = true;
    answered.chosen = "o1";
    show({decisionOf("model", 2), answered});
    EXPECT_EQ(button("decide_packing_o1"), before);
    EXPECT_TRUE(before->isChecked());
    EXPECT_TRUE(says(QStringLiteral("✓ decided")));
}

TEST_F(Cards, ShowAnAnswerThatWasTakenBackAsOpen) {
    Decision decision = decisionOf("packing", 2);
    decision.answered = true;
    decision.chosen = "o1";
    show({decision});
    EXPECT_TRUE(button("decide_packing_o1")->isChecked());
    show({decisionOf("packing", 2)});
    EXPECT_FALSE(button("decide_packing_o1")->isChecked());
}

TEST_F(Cards, GoWhenTheirDecisionIsSettled) {
    show({decisionOf("packing", 2), decisionOf("model", 3)});
    show({decisionOf("model", 3)});
    EXPECT_TRUE(button("decide_model_o2")->isVisible());
    const QRadioButton* gone = button("decide_packing_o0");
    EXPECT_TRUE(gone == nullptr || !gone->isVisible());
}

TEST_F(Cards, OfferManyOptionsAsAListAndSayWhatTheChosenOneLeadsTo) {
    show({decisionOf("model", 9)});
    auto* box = cards.findChild<ChoiceBox*>(QStringLiteral("decide_model"));
    ASSERT_NE(box, nullptr);
    EXPECT_EQ(box->count(), 10) << "nine options and 'Choose…'";
    EXPECT_EQ(box->currentIndex(), 0);
    Q_EMIT box->activated(4);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].second, "o3");
    Decision answered = decisionOf("model", 9);
    answered.answered = true;
    answered.chosen = "o3";
    show({answered});
    EXPECT_EQ(box->currentIndex(), 4);
    EXPECT_TRUE(says(QStringLiteral("Follows 3")));
    Q_EMIT box->activated(0);
    EXPECT_EQ(box->currentIndex(), 4) << "an answer is changed, not taken back";
}

TEST_F(Cards, SayThatADecisionIsAboutNoKeyOfTheFile) {
    Decision decision = decisionOf("weights", 2);
    decision.key.clear();
    show({decision});
    EXPECT_TRUE(says(QStringLiteral("not in the file")));
}

}  // namespace
}  // namespace ringscope::ui
