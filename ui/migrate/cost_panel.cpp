#include "ui/migrate/cost_panel.h"

#include "backend/core/units.h"
#include "ui/widgets/parts.h"

#include <QGridLayout>
#include <QVBoxLayout>

namespace ringscope::ui {
namespace {

QString bytesText(std::int64_t bytes) { return text(formatBytes({bytes})); }

QString timeText(std::int64_t nanos) {
    return nanos > 0 ? text(formatDuration(Nanos(nanos)))
                     : CostPanel::tr("not in this machine's tables");
}

QString timesText(std::int64_t now, std::int64_t old) {
    if (now <= 0 || old <= 0) return QStringLiteral("–");
    return QStringLiteral("%1 ×").arg(
        text(formatSignificant(static_cast<double>(now) / static_cast<double>(old))));
}

}  // namespace

CostPanel::CostPanel(QWidget* parent)
    : QFrame(parent), headline_(makeSelectableLabel("section")), oldTitle_(makeLabel({}, "small")) {
    setObjectName(QStringLiteral("card"));
    QVBoxLayout* layout = column(this, 12, 4);
    layout->addWidget(headline_);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(24);
    grid->setVerticalSpacing(2);
    grid->addWidget(makeLabel(tr("This experiment"), "small"), 0, 1);
    grid->addWidget(oldTitle_, 0, 2);
    grid->addWidget(makeLabel(tr("New / old"), "small"), 0, 3);
    const QString names[] = {tr("Most memory of a rank"), tr("Sent by a rank a step"),
                             tr("Time of a step")};
    const char* const keys[] = {"memory", "sent", "time"};
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const int at = static_cast<int>(i) + 1;
        lines_[i] = {makeLabel({}), makeLabel({}), makeLabel({})};
        lines_[i].now->setObjectName(QStringLiteral("cost_%1_new").arg(QLatin1String(keys[i])));
        lines_[i].old->setObjectName(QStringLiteral("cost_%1_old").arg(QLatin1String(keys[i])));
        grid->addWidget(makeLabel(names[i]), at, 0);
        grid->addWidget(lines_[i].now, at, 1);
        grid->addWidget(lines_[i].old, at, 2);
        grid->addWidget(lines_[i].difference, at, 3);
    }
    grid->setColumnStretch(4, 1);
    layout->addLayout(grid);
}

void CostPanel::showCosts(const Migration& migration, bool planning) {
    const bool known = migration.cost.has_value();
    setVisible(known || planning);
    headline_->setText(known ? tr("By the plan, on %1").arg(text(migration.costMachine))
                             : tr("Planning memory, bytes and time…"));
    const PlannedCost now = migration.cost.value_or(PlannedCost());
    const PlannedCost old = migration.oldCost.value_or(PlannedCost());
    const bool both = known && migration.oldCost;
    oldTitle_->setVisible(both);
    oldTitle_->setText(tr("Old way (%1)").arg(text(migration.oldWay.mode)));
    oldTitle_->setToolTip(text(migration.oldWay.words));
    const auto show = [&](Line& line, const QString& here, const QString& there,
                          const QString& times) {
        line.now->setText(known ? here : QStringLiteral("…"));
        line.old->setText(both ? there : QString());
        line.difference->setText(both ? times : QString());
    };
    show(lines_[0], bytesText(now.peakBytes), bytesText(old.peakBytes),
         timesText(now.peakBytes, old.peakBytes));
    show(lines_[1], bytesText(now.sentBytes), bytesText(old.sentBytes),
         timesText(now.sentBytes, old.sentBytes));
    show(lines_[2], timeText(now.stepNanos), timeText(old.stepNanos),
         timesText(now.stepNanos, old.stepNanos));
}

}  // namespace ringscope::ui
