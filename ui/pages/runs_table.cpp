#include "ui/pages/runs_table.h"

#include "ui/look/theme.h"
#include "ui/models/run_delegate.h"
#include "ui/models/run_table_model.h"
#include "ui/widgets/parts.h"

#include <QEvent>
#include <QHeaderView>
#include <QSettings>
#include <algorithm>
#include <array>

namespace ringscope::ui {
namespace {

// Widths at zoom 1; the name takes what is left, and never less than its own.
constexpr std::array<int, RunTableModel::ColumnCount> columnWidths = {
    190, 130, 150, 150, 130, 138, 60, 92, 96, 84, 100, 76, 108, 78, 120, 160};
constexpr std::array hiddenAtFirst = {RunTableModel::Experiment, RunTableModel::Host,
                                      RunTableModel::Tags, RunTableModel::Note};
const QString hiddenKey = QStringLiteral("runs/hidden");

int widthOf(int column) { return scaled(columnWidths[static_cast<std::size_t>(column)]); }

}  // namespace

RunsTable::RunsTable(QAbstractItemModel* model, QSettings* settings, QWidget* parent)
    : QTableView(parent), settings_(settings) {
    setModel(model);
    setItemDelegate(new RunDelegate(this));
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setShowGrid(false);
    setWordWrap(false);
    setTextElideMode(Qt::ElideMiddle);  // a name's end tells repeats apart
    setSortingEnabled(true);
    horizontalHeader()->setSortIndicator(-1, Qt::DescendingOrder);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setSectionsMovable(true);
    verticalHeader()->hide();
    setContextMenuPolicy(Qt::CustomContextMenu);
    horizontalHeader()->setContextMenuPolicy(Qt::CustomContextMenu);
    setAccessibleName(tr("Runs"));
    setTabKeyNavigation(false);
    for (const int column : hiddenAtFirst) setColumnHidden(column, true);
    if (settings_ != nullptr && settings_->contains(hiddenKey)) {
        const QStringList hidden = settings_->value(hiddenKey).toStringList();
        for (int c = RunTableModel::Name + 1; c < RunTableModel::ColumnCount; ++c)
            setColumnHidden(c, hidden.contains(title(c)));
    }
    whenZoomed(*this, [this] { fitColumns(); });
    connect(horizontalHeader(), &QHeaderView::sectionMoved, this, &RunsTable::columnsChanged);
}

QString RunsTable::title(int column) const {
    return model()->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
}

bool RunsTable::isShownAtFirst(int column) {
    return std::ranges::find(hiddenAtFirst, column) == hiddenAtFirst.end();
}

void RunsTable::setColumnShown(int column, bool shown) {
    setColumnHidden(column, !shown);
    if (shown && columnWidth(column) < scaled(48)) setColumnWidth(column, widthOf(column));
    fitName();
    remember();
    Q_EMIT columnsChanged();
}

QStringList RunsTable::shownColumns() const {
    QStringList titles;
    for (int place = 0; place < horizontalHeader()->count(); ++place) {
        const int column = horizontalHeader()->logicalIndex(place);
        if (!isColumnHidden(column)) titles << title(column);
    }
    return titles;
}

void RunsTable::showColumns(const QStringList& titles) {
    int place = 0;
    for (const QString& wanted : titles)
        for (int c = 0; c < RunTableModel::ColumnCount; ++c)
            if (title(c) == wanted)
                horizontalHeader()->moveSection(horizontalHeader()->visualIndex(c), place++);
    for (int c = RunTableModel::Name + 1; c < RunTableModel::ColumnCount; ++c)
        setColumnHidden(c, !titles.contains(title(c)));
    fitColumns();
    remember();
    Q_EMIT columnsChanged();
}

void RunsTable::remember() {
    if (settings_ == nullptr) return;
    QStringList hidden;
    for (int c = 0; c < RunTableModel::ColumnCount; ++c)
        if (isColumnHidden(c)) hidden << title(c);
    settings_->setValue(hiddenKey, hidden);
}

void RunsTable::fitColumns() {
    horizontalHeader()->setMinimumSectionSize(scaled(48));
    for (int c = 0; c < RunTableModel::ColumnCount; ++c) setColumnWidth(c, widthOf(c));
    verticalHeader()->setDefaultSectionSize(scaled(30));
    fitName();
}

// What the others leave; where that is too little to read, the table scrolls.
void RunsTable::fitName() {
    int others = 0;
    for (int c = RunTableModel::Name + 1; c < RunTableModel::ColumnCount; ++c)
        if (!isColumnHidden(c)) others += columnWidth(c);
    setColumnWidth(RunTableModel::Name,
                   std::max(widthOf(RunTableModel::Name), viewport()->width() - others));
}

bool RunsTable::viewportEvent(QEvent* event) {
    const bool handled = QTableView::viewportEvent(event);
    if (event->type() == QEvent::Resize) fitName();
    return handled;
}

}  // namespace ringscope::ui
