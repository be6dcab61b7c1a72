#include "ui/pages/trace_diff_panel.h"

#include "backend/core/units.h"
#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QHeaderView>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

constexpr double leastShown =
    500;  // ns; what is shorter in both is left out, as trace diff does it

QString msText(double ns) {
    return ns == 0 ? QStringLiteral("0") : text(formatSignificant(ns / 1e6));
}

QString changeText(double ns) {
    if (std::abs(ns) < leastShown) return QStringLiteral("0");
    return (ns > 0 ? QStringLiteral("+") : QStringLiteral("−")) + msText(std::abs(ns));
}

QTableWidget* makeTable(const QString& name) {
    auto* table = new QTableWidget;
    table->setAccessibleName(name);
    table->setProperty("dense", true);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setHighlightSections(false);
    whenZoomed(*table, [table] { table->verticalHeader()->setDefaultSectionSize(scaled(24)); });
    return table;
}

// The first column is words, the others are figures.
void fill(QTableWidget& table, const QStringList& header, const std::vector<QStringList>& rows) {
    table.clear();
    table.setColumnCount(static_cast<int>(header.size()));
    table.setRowCount(static_cast<int>(rows.size()));
    table.setHorizontalHeaderLabels(header);
    const auto side = [](int column) {
        return (column == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter;
    };
    for (int column = 0; column < table.columnCount(); ++column) {
        table.horizontalHeaderItem(column)->setTextAlignment(side(column));
        for (int row = 0; row < table.rowCount(); ++row) {
            auto* item = new QTableWidgetItem(rows[static_cast<std::size_t>(row)].value(column));
            item->setTextAlignment(side(column));
            table.setItem(row, column, item);
        }
    }
    table.horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table.horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
}

}  // namespace

TraceDiffPanel::TraceDiffPanel(QWidget* parent)
    : QWidget(parent),
      effects_(makeTable(tr("Parts of a step, milliseconds"))),
      places_(makeTable(tr("Layers, passes and ring steps, milliseconds"))) {
    auto* line = row(this, 0, 16);
    const std::pair<QTableWidget*, QString> halves[] = {
        {effects_, tr("Where a step goes, ms; means over ranks")},
        {places_, tr("What changed most, ms")}};
    for (const auto& [table, title] : halves) {
        auto* half = column(nullptr, 0, 4);
        half->addWidget(makeLabel(title, "section"));
        half->addWidget(table, 1);
        line->addLayout(half, 1);
    }
    whenZoomed(*this, [this] { setMinimumHeight(scaled(184)); });
}

void TraceDiffPanel::setDiff(const TraceDiff& diff) {
    std::vector<QStringList> parts;
    for (const DiffEffect& effect : diff.effects)
        if (std::max(effect.before, effect.after) >= leastShown)
            parts.push_back({text(effect.what), msText(effect.before), msText(effect.after),
                             changeText(effect.change())});
    parts.push_back(
        {tr("step"), msText(diff.stepBefore), msText(diff.stepAfter), changeText(diff.change())});
    fill(*effects_, {tr("Part"), text(diff.before), text(diff.after), tr("Change")}, parts);
    std::vector<QStringList> places;
    for (const DiffPlace& place : diff.places)
        places.push_back(
            {tr("layer %1, %2, ring step %3")
                 .arg(place.layer)
                 .arg(text(spanPassName(place.pass)))
                 .arg(place.ringStep),
             QStringLiteral("%1 → %2").arg(msText(place.attentionBefore),
                                           msText(place.attentionAfter)),
             QStringLiteral("%1 → %2").arg(msText(place.exposedBefore), msText(place.exposedAfter)),
             changeText(place.change())});
    fill(*places_, {tr("Where"), tr("Attention"), tr("Exposed"), tr("Change")}, places);
}

}  // namespace ringscope::ui
