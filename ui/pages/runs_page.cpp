#include "ui/pages/runs_page.h"

#include "ui/look/theme.h"
#include "ui/models/run_delegate.h"
#include "ui/pages/run_preview.h"
#include "ui/widgets/parts.h"

#include <QAction>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

namespace ringscope::ui {
namespace {

QTableView* makeTable(QAbstractItemModel* model) {
    auto* table = new QTableView;
    table->setModel(model);
    table->setItemDelegate(new RunDelegate(table));
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTextElideMode(Qt::ElideMiddle);  // a name's end tells repeats apart
    table->setSortingEnabled(true);
    table->horizontalHeader()->setSortIndicator(-1, Qt::DescendingOrder);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setSectionsMovable(true);
    table->verticalHeader()->hide();
    table->setContextMenuPolicy(Qt::ActionsContextMenu);
    table->setAccessibleName(RunsPage::tr("Runs"));
    table->setTabKeyNavigation(false);
    return table;
}

// Widths at zoom 1; the name takes what is left.
void fitColumns(QTableView& table) {
    constexpr std::array<int, RunTableModel::ColumnCount> widths = {0,  98, 60,  74, 84, 78,
                                                                    96, 78, 106, 78, 124};
    table.horizontalHeader()->setMinimumSectionSize(scaled(48));
    table.horizontalHeader()->setSectionResizeMode(RunTableModel::Name, QHeaderView::Stretch);
    for (int c = RunTableModel::Mode; c < RunTableModel::ColumnCount; ++c)
        table.setColumnWidth(c, scaled(widths[static_cast<std::size_t>(c)]));
    table.verticalHeader()->setDefaultSectionSize(scaled(30));
}

}  // namespace

RunsPage::RunsPage(StoreReader& store, QWidget* parent)
    : Page(parent),
      store_(store),
      model_(new RunTableModel(this)),
      filter_(new RunFilterModel(this)),
      stack_(new QStackedWidget),
      empty_(new EmptyState({}, {}, {})),
      filterBox_(new QLineEdit),
      filterProblem_(makeLabel({}, "badsmall")),
      noMatch_(makeLabel(tr("No run matches the filter."), "muted")),
      preview_(new RunPreview),
      compare_(makeButton(Icon::Compare, tr("Compare"))),
      timeline_(makeButton(Icon::Timeline, tr("Open timeline"))),
      report_(makeButton(Icon::Report, tr("Report…"))),
      copy_(makeButton(Icon::Copy, tr("Copy as command"))) {
    filter_->setSourceModel(model_);
    table_ = makeTable(filter_);
    fitColumns(*table_);
    stack_->addWidget(empty_);
    stack_->addWidget(makeContent());
    column(this)->addWidget(stack_);
    setFocusProxy(table_);
    makeActions();

    connect(empty_->button(), &QPushButton::clicked, this, &RunsPage::demoRequested);
    connect(filterBox_, &QLineEdit::textChanged, this, &RunsPage::applyFilter);
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &RunsPage::showSelection);
    connect(&store_, &StoreReader::changed, this, &RunsPage::showStore);
    showStore();
    showSelection();
}

QWidget* RunsPage::makeContent() {
    filterBox_->setPlaceholderText(tr("Filter: mode=zigzag seq_len>=2k state!=failed"));
    filterBox_->setClearButtonEnabled(true);
    filterBox_->setAccessibleName(tr("Filter runs"));
    filterProblem_->hide();
    noMatch_->hide();
    noMatch_->setAlignment(Qt::AlignCenter);

    auto* content = new QWidget;
    QVBoxLayout* layout = column(content, 16, 8);
    auto* head = row(nullptr, 0, 8);
    head->addWidget(makeLabel(tr("Runs"), "title"));
    head->addSpacing(16);
    head->addWidget(filterBox_, 1);
    head->addWidget(compare_);
    head->addWidget(timeline_);
    head->addWidget(report_);
    head->addWidget(copy_);
    layout->addLayout(head);
    layout->addWidget(filterProblem_);

    auto* split = new QSplitter(Qt::Vertical);
    split->setChildrenCollapsible(false);
    split->addWidget(table_);
    split->addWidget(preview_);
    split->setStretchFactor(0, 1);
    split->setStretchFactor(1, 0);
    split->setHandleWidth(scaled(8));
    layout->addWidget(noMatch_);
    layout->addWidget(split, 1);
    return content;
}

void RunsPage::makeActions() {
    const auto add = [this](QPushButton* button, const QString& words, auto signal) {
        auto* action = new QAction(button->icon(), words, table_);
        const auto send = [this, signal] { Q_EMIT(this->*signal)(selectedRuns()); };
        connect(action, &QAction::triggered, this, send);
        connect(button, &QPushButton::clicked, this, send);
        table_->addAction(action);
    };
    add(compare_, tr("Compare"), &RunsPage::compareRequested);
    openTimeline_ = new QAction(timeline_->icon(), timeline_->text(), table_);
    const auto openTimeline = [this] {
        if (const std::vector<RunId> runs = selectedRuns(); !runs.empty())
            Q_EMIT timelineRequested(runs.front());
    };
    connect(openTimeline_, &QAction::triggered, this, openTimeline);
    connect(timeline_, &QPushButton::clicked, this, openTimeline);
    timeline_->setObjectName(QStringLiteral("openTimeline"));
    table_->addAction(openTimeline_);
    add(report_, tr("Report…"), &RunsPage::reportRequested);
    add(copy_, tr("Copy as command"), &RunsPage::commandRequested);
    connect(table_, &QTableView::doubleClicked, this,
            [this] { Q_EMIT compareRequested(selectedRuns()); });
}

std::vector<RunId> RunsPage::selectedRuns() const {
    std::vector<RunId> ids;
    for (const QModelIndex& index : table_->selectionModel()->selectedRows())
        if (const RunRow* run = runAt(index)) ids.push_back(run->id);
    return ids;
}

void RunsPage::focusFilter() {
    filterBox_->setFocus();
    filterBox_->selectAll();
}

void RunsPage::showStore() {
    model_->setRows(runRows(store_.runs()));
    const bool any = model_->rowCount() > 0;
    if (!any || store_.state() == StoreReader::State::Failed) return showEmpty();
    stack_->setCurrentIndex(1);
    if (!table_->selectionModel()->hasSelection() && filter_->rowCount() > 0) table_->selectRow(0);
    noMatch_->setVisible(filter_->rowCount() == 0);
    if (!shownIsFinal_) loadPreview();
}

void RunsPage::showEmpty() {
    stack_->setCurrentIndex(0);
    switch (store_.state()) {
        case StoreReader::State::Loading:
            return empty_->setTexts(tr("Reading the store…"), {}, {});
        case StoreReader::State::Failed:
            return empty_->setTexts(tr("The store cannot be read"), store_.problem(), {});
        case StoreReader::State::Missing:
        case StoreReader::State::Ready:
            return empty_->setTexts(
                tr("No runs yet"),
                tr("The demo trains one small transformer under legacy, ring, zigzag and ulysses "
                   "on two CPU ranks of this machine, and compares them."),
                tr("Run the demo"));
    }
}

void RunsPage::showSelection() {
    const std::vector<RunId> ids = selectedRuns();
    compare_->setText(ids.size() > 1 ? tr("Compare %1").arg(countText(std::ssize(ids), "run"))
                                     : tr("Compare"));
    for (QPushButton* button : {compare_, report_, copy_}) button->setEnabled(!ids.empty());
    for (QAction* action : table_->actions()) action->setEnabled(!ids.empty());
    const bool recorded = ids.size() == 1 && recordsSteps(ids.front());
    timeline_->setEnabled(recorded);
    timeline_->setToolTip(
        recorded ? QString()
                 : tr("For one run whose experiment names the steps to record: profile.steps"));
    openTimeline_->setEnabled(recorded);
    const RunRow* current = runAt(table_->currentIndex());
    const RunId wanted = ids.empty() ? RunId{} : current != nullptr ? current->id : ids.front();
    if (wanted == shown_ && shownIsFinal_) return;
    shown_ = wanted;
    shownIsFinal_ = false;
    loadPreview();
}

bool RunsPage::recordsSteps(const RunId& run) const {
    const auto found = std::ranges::find(store_.runs(), run, &RunRecord::id);
    return found != store_.runs().end() && found->config.profile.steps.has_value();
}

void RunsPage::applyFilter() {
    const Result<RunPredicate> predicate = parseRunFilter(filterBox_->text().toStdString());
    filterProblem_->setVisible(!predicate.ok());
    filterBox_->setProperty("invalid", !predicate.ok());
    setRole(*filterBox_, "");
    if (!predicate.ok()) return filterProblem_->setText(text(predicate.error().message));
    filter_->setPredicate(*predicate);
    noMatch_->setVisible(filter_->rowCount() == 0 && model_->rowCount() > 0);
}

void RunsPage::loadPreview() {
    if (shown_.empty()) return preview_->showNothing();
    store_.load({shown_}, this, [this](const Result<std::vector<RunRecord>>& loaded) {
        if (!loaded.ok() || loaded->front().id != shown_) return;
        shownIsFinal_ = isFinal(loaded->front().status);
        preview_->showRun(loaded->front());
    });
}

}  // namespace ringscope::ui
