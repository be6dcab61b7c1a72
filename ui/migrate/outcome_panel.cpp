#include "ui/migrate/outcome_panel.h"

#include "backend/migration/line_diff.h"
#include "ui/migrate/diff_view.h"
#include "ui/migrate/migration_draft.h"
#include "ui/widgets/parts.h"

#include <QButtonGroup>
#include <QPushButton>
#include <QVBoxLayout>

namespace ringscope::ui {
namespace {

enum View { Lines, Unified, Whole };

}  // namespace

OutcomePanel::OutcomePanel(const MigrationDraft& draft, QWidget* parent)
    : QWidget(parent),
      draft_(draft),
      verdict_(makeSelectableLabel("head")),
      remarks_(makeSelectableLabel("caution")),
      views_(new QButtonGroup(this)),
      text_(new DiffView(tr("The result"))) {
    QVBoxLayout* layout = column(this, 0, 8);
    layout->addWidget(verdict_);
    layout->addWidget(remarks_);
    auto* views = row(nullptr, 0, 0);
    const std::pair<View, QString> titles[] = {
        {Lines, tr("Line for line")}, {Unified, tr("Unified diff")}, {Whole, tr("Experiment")}};
    for (const auto& [view, title] : titles) {
        QPushButton* button = makeSegment(title, view == Whole);
        button->setObjectName(QStringLiteral("view_%1").arg(int(view)));
        views_->addButton(button, view);
        views->addWidget(button);
    }
    views->addStretch();
    views_->setExclusive(true);
    views_->button(Lines)->setChecked(true);
    connect(views_, &QButtonGroup::idClicked, this, &OutcomePanel::showText);
    layout->addLayout(views);
    layout->addWidget(text_, 1);
}

void OutcomePanel::showOutcome() {
    const Migration& migration = draft_.migration();
    const bool runs = migration.problems.empty();
    const int open = draft_.openDecisions();
    setRole(*verdict_, runs ? "head" : "bad");
    verdict_->setText(!runs      ? tr("This experiment would not run.")
                      : open > 0 ? tr("This experiment would run, with defaults for %1.")
                                       .arg(countText(open, "open decision"))
                      : migration.changed
                          ? tr("This experiment is valid and would run.")
                          : tr("This is an experiment already; nothing has to change."));
    QStringList remarks;
    for (const std::string& problem : migration.problems) remarks << tr("✗ %1").arg(text(problem));
    for (const std::string& note : migration.notes) remarks << tr("• %1").arg(text(note));
    setRole(*remarks_, runs ? "caution" : "bad");
    remarks_->setText(remarks.join(QLatin1Char('\n')));
    remarks_->setVisible(!remarks.empty());
    showText();
}

void OutcomePanel::showText() {
    if (!draft_.loaded()) return;
    const MigrationInput& input = draft_.input();
    const Migration& migration = draft_.migration();
    switch (views_->checkedId()) {
        case Lines: {
            // The head of the page says where the file lies.
            QString lines = text(correspondingLines(input, migration));
            lines.replace(text(input.source.name), fileNameOf(input.source.name));
            return text_->setContent(lines, DiffView::Kind::Diff);
        }
        case Unified:
            return text_->setContent(
                text(unifiedDiff(fileNameOf(input.source.name).toStdString(), input.source.text,
                                 fileNameOf(draft_.proposedName(".yaml")).toStdString(),
                                 migration.experiment)),
                DiffView::Kind::Diff);
        default:
            return text_->setContent(text(migration.experiment), DiffView::Kind::Plain);
    }
}

}  // namespace ringscope::ui
