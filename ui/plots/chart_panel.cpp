#include "ui/plots/chart_panel.h"

#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QStackedWidget>
#include <QTableWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace ringscope::ui {

ChartPanel::ChartPanel(const QString& title, QWidget* chart, QWidget* parent)
    : QFrame(parent),
      title_(makeLabel(title, "section")),
      toggle_(new QToolButton),
      stack_(new QStackedWidget),
      table_(new QTableWidget) {
    setObjectName(QStringLiteral("card"));
    title_->setWordWrap(true);
    toggle_->setIcon(icon(Icon::Table));
    toggle_->setCheckable(true);
    toggle_->setAutoRaise(true);
    toggle_->setProperty("quiet", true);
    toggle_->setToolTip(tr("Show as table"));
    toggle_->setAccessibleName(tr("Show %1 as table").arg(title));
    connect(toggle_, &QToolButton::toggled, this, &ChartPanel::showTable);

    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setShowGrid(false);
    table_->verticalHeader()->hide();
    table_->setAccessibleName(title);
    stack_->addWidget(chart);
    stack_->addWidget(table_);

    QVBoxLayout* layout = column(this, 8, 4);
    QHBoxLayout* head = row();
    head->addWidget(title_, 1);
    head->addWidget(toggle_, 0, Qt::AlignTop);
    layout->addLayout(head);
    layout->addWidget(stack_, 1);
}

void ChartPanel::setTitle(const QString& title) {
    title_->setText(title);
    table_->setAccessibleName(title);
}

void ChartPanel::setTable(const QStringList& header, const std::vector<QStringList>& rows) {
    table_->clear();
    table_->setColumnCount(static_cast<int>(header.size()));
    table_->setRowCount(static_cast<int>(rows.size()));
    table_->setHorizontalHeaderLabels(header);
    for (int r = 0; r < table_->rowCount(); ++r) {
        const QStringList& cells = rows[static_cast<std::size_t>(r)];
        for (int c = 0; c < table_->columnCount(); ++c) {
            auto* item = new QTableWidgetItem(cells.value(c));
            item->setTextAlignment((c == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
            table_->setItem(r, c, item);
        }
    }
    for (int c = 0; c < table_->columnCount(); ++c)
        table_->horizontalHeaderItem(c)->setTextAlignment(
            (c == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
}

void ChartPanel::showTable(bool table) {
    toggle_->setChecked(table);
    toggle_->setToolTip(table ? tr("Show as chart") : tr("Show as table"));
    stack_->setCurrentIndex(table ? 1 : 0);
}

}  // namespace ringscope::ui
