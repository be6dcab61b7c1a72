// What a migration came to: whether it would run, what there is to know, and the text three ways.
#pragma once

#include <QWidget>

class QButtonGroup;
class QLabel;

namespace ringscope::ui {

class DiffView;
class MigrationDraft;

class OutcomePanel : public QWidget {
    Q_OBJECT

public:
    // The draft outlives the panel.
    explicit OutcomePanel(const MigrationDraft& draft, QWidget* parent = nullptr);

    void showOutcome();  // of the draft as it is now

private:
    void showText();

    const MigrationDraft& draft_;
    QLabel* verdict_;
    QLabel* remarks_;
    QButtonGroup* views_;
    DiffView* text_;
};

}  // namespace ringscope::ui
