// What only the user can know: a card per decision with its choices and what each leads to.
//
// Nothing is chosen beforehand; what would be taken by default is only named. Cards stay in place
// while answers raise and settle others, so the one that has the focus keeps it.
#pragma once

#include "backend/migration/migration.h"

#include <QWidget>
#include <string>
#include <vector>

class QButtonGroup;
class QLabel;
class QVBoxLayout;

namespace ringscope::ui {

class ChoiceBox;

class DecisionCard : public QWidget {
    Q_OBJECT

public:
    // `machine` is the one that the costs of options are of.
    DecisionCard(const Decision& decision, const QString& about, const std::string& machine = {},
                 QWidget* parent = nullptr);

    // Whether this card can show it: the same question with the same choices.
    bool fits(const Decision& decision) const;
    void showAnswer(const Decision& decision, const std::string& machine = {});

Q_SIGNALS:
    void answered(const std::string& decision, const std::string& option);

private:
    void addButtons(QVBoxLayout& layout);
    void addBox(QVBoxLayout& layout);
    QString optionText(const DecisionOption& option) const;

    Decision decision_;
    QLabel* state_;
    QButtonGroup* buttons_ = nullptr;
    std::vector<QLabel*> consequences_{};  // of each button
    ChoiceBox* box_ = nullptr;             // instead of buttons, where there are many
    QLabel* consequence_ = nullptr;        // of its choice
};

class DecisionCards : public QWidget {
    Q_OBJECT

public:
    explicit DecisionCards(QWidget* parent = nullptr);

    void showDecisions(const Migration& migration);

Q_SIGNALS:
    void answered(const std::string& decision, const std::string& option);

private:
    std::vector<DecisionCard*> cards_;
    QVBoxLayout* layout_;
};

}  // namespace ringscope::ui
