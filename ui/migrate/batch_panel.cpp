#include "ui/migrate/batch_panel.h"

#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QHeaderView>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

enum Column { File, Kind, Carried, Open, ColumnCount };

QString carriedText(const Migration& migration) {
    const MigrationSummary summary = summaryOf(migration);
    return BatchPanel::tr("%1 of %2").arg(summary.carried).arg(summary.needed);
}

QString openText(const Migration& migration) {
    const auto open = std::ranges::count(migration.decisions, false, &Decision::answered);
    return open == 0 ? BatchPanel::tr("✓ none") : BatchPanel::tr("? %1").arg(open);
}

}  // namespace

BatchPanel::BatchPanel(QWidget* parent)
    : QWidget(parent), totals_(makeSelectableLabel("head")), table_(new QTableWidget) {
    table_->setObjectName(QStringLiteral("batchTable"));
    table_->setColumnCount(ColumnCount);
    table_->setHorizontalHeaderLabels(
        {tr("File"), tr("Kind, or why it cannot be read"), tr("Needed keys"), tr("Decisions")});
    table_->horizontalHeader()->setSectionResizeMode(Kind, QHeaderView::Stretch);
    for (const int column : {Carried, Open})
        table_->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->verticalHeader()->hide();
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setTabKeyNavigation(false);
    table_->setShowGrid(false);
    table_->setWordWrap(false);
    table_->setAccessibleName(tr("Files that were read"));
    whenZoomed(*table_, [this] {
        table_->setColumnWidth(File, scaled(260));
        table_->verticalHeader()->setDefaultSectionSize(scaled(28));
    });
    QVBoxLayout* layout = column(this, 0, 8);
    layout->addWidget(totals_);
    layout->addWidget(table_, 1);
    connect(table_, &QTableWidget::cellActivated, this, [this](int line, int) {
        const FileOutcome& outcome = batch_.files[static_cast<std::size_t>(line)];
        if (!outcome.error) Q_EMIT chosen(outcome.path);
    });
}

void BatchPanel::showBatch(const Batch& batch) {
    batch_ = batch;
    fill();
    if (!batch_.files.empty()) table_->selectRow(0);
}

void BatchPanel::showOutcome(const std::string& path, const Migration& migration) {
    const auto found = std::ranges::find(batch_.files, path, &FileOutcome::path);
    if (found == batch_.files.end()) return;
    found->migration = migration;
    fill();
}

void BatchPanel::fill() {
    QString totals = text(totalsWords(batch_));
    if (!totals.isEmpty()) totals[0] = totals[0].toUpper();
    totals_->setText(totals + QLatin1Char('.'));
    table_->setRowCount(static_cast<int>(batch_.files.size()));
    for (std::size_t i = 0; i < batch_.files.size(); ++i) {
        const FileOutcome& outcome = batch_.files[i];
        const bool read = !outcome.error;
        const QStringList cells = {
            fileNameOf(outcome.path),
            read ? text(outcome.migration.source.kind) : text(outcome.error->message),
            read ? carriedText(outcome.migration) : QStringLiteral("–"),
            read ? openText(outcome.migration) : QStringLiteral("–")};
        for (int k = 0; k < ColumnCount; ++k) {
            auto* item = new QTableWidgetItem(cells[k]);
            item->setToolTip(k == File ? text(outcome.path) : cells[k]);
            table_->setItem(static_cast<int>(i), k, item);
        }
    }
}

}  // namespace ringscope::ui
