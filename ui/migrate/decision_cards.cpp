#include "ui/migrate/decision_cards.h"

#include "backend/migration/migration_report.h"
#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QButtonGroup>
#include <QFrame>
#include <QMouseEvent>
#include <QRadioButton>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

constexpr std::size_t mostButtons = 6;

bool sameOptions(const Decision& a, const Decision& b) {
    return std::ranges::equal(
        a.options, b.options, [](const DecisionOption& x, const DecisionOption& y) {
            return x.id == y.id && x.label == y.label && x.consequence == y.consequence;
        });
}

// A key at the beginning keeps its spelling.
QString sentence(const std::string& words) {
    QString shown = text(words);
    const bool key = shown.section(QLatin1Char(' '), 0, 0).contains(QLatin1Char('_'));
    if (!shown.isEmpty() && !key) shown[0] = shown[0].toUpper();
    return shown;
}

QLabel* wrapping(QLabel* label) {
    label->setWordWrap(true);
    return label;
}

// The words of a button that cannot wrap its own.
class OptionLabel : public QLabel {
public:
    OptionLabel(const QString& words, QAbstractButton& button) : QLabel(words), button_(button) {
        setTextFormat(Qt::PlainText);
        setWordWrap(true);
        setContentsMargins(0, scaled(3), 0, 0);
    }

protected:
    void mouseReleaseEvent(QMouseEvent* event) override {
        if (rect().contains(event->position().toPoint())) button_.click();
    }
    void mousePressEvent(QMouseEvent* event) override { event->accept(); }

private:
    QAbstractButton& button_;
};

// "bf16, line 18": which lines of the source raised it.
QString aboutText(const Migration& migration, const Decision& decision) {
    if (decision.key.empty()) return DecisionCards::tr("not in the file");
    const auto key = std::ranges::find(migration.keys, decision.key, &KeyVerdict::path);
    if (key == migration.keys.end() || key->line == 0) return text(decision.key);
    return DecisionCards::tr("%1, line %2").arg(text(decision.key), QString::number(key->line));
}

}  // namespace

DecisionCard::DecisionCard(const Decision& decision, const QString& about,
                           const std::string& machine, QWidget* parent)
    : QWidget(parent), decision_(decision), state_(makeLabel({})) {
    QFrame* card = makeCard();
    column(this)->addWidget(card);
    QVBoxLayout* layout = column(card, 12, 4);
    auto* head = row(nullptr, 0, 12);
    head->addWidget(makeLabel(about, "small"), 1);
    head->addWidget(state_);
    layout->addLayout(head);
    QLabel* question = wrapping(makeLabel(sentence(decision.question)));
    QFont strong = question->font();
    strong.setWeight(QFont::DemiBold);
    question->setFont(strong);
    layout->addWidget(question);
    layout->addSpacing(4);
    if (decision.options.size() <= mostButtons)
        addButtons(*layout);
    else
        addBox(*layout);
    showAnswer(decision, machine);
}

QString DecisionCard::optionText(const DecisionOption& option) const {
    const QString label = sentence(option.label);
    return option.id == decision_.defaultOption ? tr("%1 (the default)").arg(label) : label;
}

void DecisionCard::addButtons(QVBoxLayout& layout) {
    buttons_ = new QButtonGroup(this);
    for (std::size_t i = 0; i < decision_.options.size(); ++i) {
        const DecisionOption& option = decision_.options[i];
        auto* button = new QRadioButton;
        button->setObjectName(text("decide_" + decision_.id + "_" + option.id));
        button->setAccessibleName(optionText(option));
        button->setAccessibleDescription(text(option.consequence));
        buttons_->addButton(button, static_cast<int>(i));
        auto* line = row(nullptr, 0, 0);
        line->addWidget(button, 0, Qt::AlignTop);
        line->addWidget(new OptionLabel(optionText(option), *button), 1);
        layout.addLayout(line);
        QLabel* consequence = wrapping(makeLabel(sentence(option.consequence), "muted"));
        consequence->setContentsMargins(scaled(24), 0, 0, scaled(4));
        consequences_.push_back(consequence);
        layout.addWidget(consequence);
    }
    connect(buttons_, &QButtonGroup::idClicked, this, [this](int i) {
        Q_EMIT answered(decision_.id, decision_.options[static_cast<std::size_t>(i)].id);
    });
}

void DecisionCard::addBox(QVBoxLayout& layout) {
    box_ = new ChoiceBox;
    box_->setObjectName(text("decide_" + decision_.id));
    box_->setAccessibleName(text(decision_.question));
    box_->setShortest(24);
    box_->addItem(tr("Choose…"));
    for (const DecisionOption& option : decision_.options) box_->addItem(optionText(option));
    consequence_ = wrapping(makeLabel({}, "muted"));
    layout.addWidget(box_);
    layout.addWidget(consequence_);
    connect(box_, &QComboBox::activated, this, [this](int i) {
        if (i > 0)
            Q_EMIT answered(decision_.id, decision_.options[static_cast<std::size_t>(i - 1)].id);
        else
            showAnswer(decision_);  // an answer is changed, not taken back
    });
}

bool DecisionCard::fits(const Decision& decision) const {
    return decision.id == decision_.id && decision.question == decision_.question &&
           decision.key == decision_.key && sameOptions(decision, decision_);
}

void DecisionCard::showAnswer(const Decision& decision, const std::string& machine) {
    decision_ = decision;
    for (std::size_t i = 0; i < consequences_.size(); ++i)
        consequences_[i]->setText(sentence(consequenceWords(decision.options[i], machine)));
    setRole(*state_, decision.answered ? "good" : "caution");
    state_->setText(decision.answered ? tr("✓ decided") : tr("? open"));
    const auto chosen = std::ranges::find(decision_.options, decision_.chosen, &DecisionOption::id);
    const int at = decision.answered && chosen != decision_.options.end()
                       ? static_cast<int>(chosen - decision_.options.begin())
                       : -1;
    if (box_ != nullptr) {
        box_->setCurrentIndex(at + 1);
        consequence_->setVisible(at >= 0);
        if (at >= 0) consequence_->setText(sentence(consequenceWords(*chosen, machine)));
        return;
    }
    buttons_->setExclusive(false);  // an exclusive group keeps one checked
    for (QAbstractButton* button : buttons_->buttons())
        button->setChecked(buttons_->id(button) == at);
    buttons_->setExclusive(true);
}

DecisionCards::DecisionCards(QWidget* parent) : QWidget(parent), layout_(column(this, 0, 8)) {
    layout_->addStretch();
}

void DecisionCards::showDecisions(const Migration& migration) {
    std::vector<DecisionCard*> shown;
    for (const Decision& decision : migration.decisions) {
        const auto kept = std::ranges::find_if(cards_, [&](const DecisionCard* card) {
            return card != nullptr && card->fits(decision);
        });
        DecisionCard* card = nullptr;
        if (kept != cards_.end()) {
            card = std::exchange(*kept, nullptr);
            card->showAnswer(decision, migration.costMachine);
        } else {
            card =
                new DecisionCard(decision, aboutText(migration, decision), migration.costMachine);
            connect(card, &DecisionCard::answered, this, &DecisionCards::answered);
        }
        layout_->insertWidget(static_cast<int>(shown.size()), card);
        shown.push_back(card);
    }
    for (DecisionCard* gone : cards_) {
        if (gone == nullptr) continue;
        layout_->removeWidget(gone);
        gone->hide();
        gone->deleteLater();  // it may be the one that has just sent the answer
    }
    cards_ = std::move(shown);
}

}  // namespace ringscope::ui
