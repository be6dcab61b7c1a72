#include "ui/pages/runs_page.h"

#include "backend/core/text.h"
#include "backend/report/config_text.h"
#include "backend/session/run_export.h"
#include "ui/look/theme.h"
#include "ui/pages/run_page.h"
#include "ui/pages/run_preview.h"
#include "ui/pages/runs_table.h"
#include "ui/pages/view_button.h"
#include "ui/widgets/parts.h"

#include <QAction>
#include <QEvent>
#include <QFileDialog>
#include <QHeaderView>
#include <QInputDialog>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

constexpr int undoLastsMs = 15'000;
const QString groupedKey = QStringLiteral("runs/grouped");
enum Shown { Empty, Content };  // of the stack; the run in full is the third

QString runsText(const std::vector<RunId>& runs) { return countText(std::ssize(runs), "run"); }

}  // namespace

RunsPage::RunsPage(StoreReader& store, QSettings* settings, QWidget* parent)
    : Page(parent),
      store_(store),
      model_(new RunTableModel(this)),
      filter_(new RunFilterModel(this)),
      settings_(settings),
      stack_(new QStackedWidget),
      empty_(new EmptyState({}, {}, {})),
      views_(new ViewButton(settings, [this] { return view(); })),
      filterBox_(new QLineEdit),
      filterProblem_(makeLabel({}, "badsmall")),
      noMatch_(makeLabel(tr("No run matches the filter."), "muted")),
      preview_(new RunPreview),
      compare_(makeButton(Icon::Compare, tr("Compare"))),
      timeline_(makeButton(Icon::Timeline, tr("Open timeline"))),
      report_(makeButton(Icon::Report, tr("Report…"))),
      copy_(makeButton(Icon::Copy, tr("Copy as command"))),
      runMenu_(new QMenu(this)),
      undoBar_(new QWidget),
      undoWords_(makeLabel({}, "muted")),
      undoTimer_(new QTimer(this)),
      runPage_(new RunPage(store)) {
    filter_->setSourceModel(model_);
    table_ = new RunsTable(filter_, settings);
    stack_->addWidget(empty_);
    stack_->addWidget(makeContent());
    stack_->addWidget(runPage_);
    column(this)->addWidget(stack_);
    setFocusProxy(table_);
    makeActions();
    makeEditActions();
    if (settings_ != nullptr && settings_->value(groupedKey).toBool()) setGrouped(true);
    makeViews();
    filterBox_->installEventFilter(this);

    connect(empty_->button(), &QPushButton::clicked, this, &RunsPage::demoRequested);
    connect(filterBox_, &QLineEdit::textChanged, this, &RunsPage::applyFilter);
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &RunsPage::showSelection);
    connect(&store_, &StoreReader::changed, this, &RunsPage::showStore);
    showStore();
    showSelection();
}

QWidget* RunsPage::makeContent() {
    filterBox_->setToolTip(tr("For example: (mode=ring or mode=zigzag) and seq_len>=2k"));
    filterBox_->setClearButtonEnabled(true);
    filterBox_->setAccessibleName(tr("Filter runs"));
    filterProblem_->hide();
    noMatch_->hide();
    noMatch_->setAlignment(Qt::AlignCenter);

    auto* content = new QWidget;
    QVBoxLayout* layout = column(content, 16, 8);
    auto* head = row(nullptr, 0, 8);
    head->addWidget(makeLabel(tr("Runs"), "title"));
    head->addSpacing(8);
    head->addWidget(views_);
    head->addWidget(filterBox_, 1);
    head->addWidget(compare_);
    head->addWidget(timeline_);
    head->addWidget(report_);
    head->addWidget(copy_);
    copy_->setAccessibleName(copy_->text());
    copy_->setToolTip(tr("Copy as command"));
    whenZoomed(*copy_, [this] { fitHead(); });
    layout->addLayout(head);
    layout->addWidget(filterProblem_);
    auto* undo = makeButton(Icon::Undo, tr("Undo"));
    undo->setObjectName(QStringLiteral("undoArchive"));
    auto* undoLine = row(undoBar_, 0, 8);
    undoLine->addWidget(undoWords_);
    undoLine->addWidget(undo);
    undoLine->addStretch();
    undoBar_->hide();
    layout->addWidget(undoBar_);
    undoTimer_->setSingleShot(true);
    undoTimer_->setInterval(undoLastsMs);
    connect(undoTimer_, &QTimer::timeout, undoBar_, &QWidget::hide);
    connect(undo, &QPushButton::clicked, this, [this] {
        undoBar_->hide();
        change(undoRuns_, {.archived = false});
    });

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
        const auto send = [this, signal] { Q_EMIT(this->*signal)(chosenRuns()); };
        connect(action, &QAction::triggered, this, send);
        connect(button, &QPushButton::clicked, this, send);
        table_->addAction(action);
    };
    add(compare_, tr("Compare"), &RunsPage::compareRequested);
    openTimeline_ = new QAction(timeline_->icon(), timeline_->text(), table_);
    const auto openTimeline = [this] {
        if (const std::vector<RunId> runs = chosenRuns(); !runs.empty())
            Q_EMIT timelineRequested(runs.front());
    };
    connect(openTimeline_, &QAction::triggered, this, openTimeline);
    connect(timeline_, &QPushButton::clicked, this, openTimeline);
    timeline_->setObjectName(QStringLiteral("openTimeline"));
    table_->addAction(openTimeline_);
    add(report_, tr("Report…"), &RunsPage::reportRequested);
    add(copy_, tr("Copy as command"), &RunsPage::commandRequested);
    // Enter and double click.
    connect(table_, &QTableView::activated, this, [this](const QModelIndex& index) {
        if (const RunRow* run = runAt(index)) openRun(run->id);
    });
}

QTableView& RunsPage::table() { return *table_; }

std::vector<RunId> RunsPage::selectedRuns() const {
    std::vector<RunId> ids;
    for (const QModelIndex& index : table_->selectionModel()->selectedRows())
        if (const RunRow* run = runAt(index)) ids.push_back(run->id);
    return ids;
}

bool RunsPage::find() {
    if (showsRun()) return runPage_->find();
    if (stack_->currentIndex() == Empty) return false;
    filterBox_->setFocus(Qt::ShortcutFocusReason);
    filterBox_->selectAll();
    return true;
}

void RunsPage::showStore() {
    filter_->setRuns(store_.allRuns(), accepts_, archivedShown_);
    model_->setRows(runRows(store_.allRuns()));
    const bool any = model_->rowCount() > 0;
    if (!any || store_.state() == StoreReader::State::Failed) return showEmpty();
    if (stack_->currentWidget() == runPage_ && model_->find(runPage_->run()) != nullptr) return;
    stack_->setCurrentIndex(Content);
    table_->fitName();
    if (!table_->selectionModel()->hasSelection() && filter_->rowCount() > 0) table_->selectRow(0);
    noMatch_->setVisible(filter_->rowCount() == 0);
    if (!shownIsFinal_) loadPreview();
}

void RunsPage::showEmpty() {
    stack_->setCurrentIndex(Empty);
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
    const auto found = std::ranges::find(store_.allRuns(), run, &RunRecord::id);
    return found != store_.allRuns().end() && found->config.profile.steps.has_value();
}

void RunsPage::applyFilter() {
    views_->showPresent();
    const Result<RunPredicate> accepts =
        parseRunQuery(filterBox_->text().toStdString(), tr("filter").toStdString());
    filterProblem_->setVisible(!accepts.ok());
    filterBox_->setProperty("invalid", !accepts.ok());
    setRole(*filterBox_, "");
    if (!accepts.ok()) return filterProblem_->setText(text(accepts.error().message));
    accepts_ = *accepts;
    filter_->setRuns(store_.allRuns(), accepts_, archivedShown_);
    noMatch_->setVisible(filter_->rowCount() == 0);
}

void RunsPage::loadPreview() {
    if (shown_.empty()) return preview_->showNothing();
    store_.load({shown_}, this, [this](const Result<std::vector<RunRecord>>& loaded) {
        if (!loaded.ok() || loaded->front().id != shown_) return;
        shownIsFinal_ = isFinal(loaded->front().status);
        preview_->showRun(loaded->front());
    });
}

// --- one run in full -------------------------------------------------------------------------

void RunsPage::openRun(const RunId& run) {
    runPage_->showRun(run);
    stack_->setCurrentWidget(runPage_);
    runPage_->setFocus();
}

void RunsPage::showTable() {
    stack_->setCurrentIndex(Content);
    showStore();
    table_->setFocus();
}

bool RunsPage::showsRun() const { return stack_->currentWidget() == runPage_; }

std::vector<RunId> RunsPage::chosenRuns() const {
    return showsRun() ? std::vector<RunId>{runPage_->run()} : selectedRuns();
}

const RunRecord* RunsPage::chosenRun() const {
    const std::vector<RunId> ids = chosenRuns();
    if (ids.empty()) return nullptr;
    const auto found = std::ranges::find(store_.allRuns(), ids.front(), &RunRecord::id);
    return found == store_.allRuns().end() ? nullptr : &*found;
}

// --- what users write ------------------------------------------------------------------------

void RunsPage::makeEditActions() {
    const auto add = [this](const QString& words, auto slot) {
        return runMenu_->addAction(words, this, slot);
    };
    add(tr("Open"), [this] {
        if (const RunRecord* run = chosenRun()) openRun(run->id);
    });
    add(tr("Edit and run again"), [this] {
        if (const RunRecord* run = chosenRun()) editAndRunAgain(*run);
    });
    runMenu_->addSeparator();
    runMenu_->addActions(table_->actions());
    runMenu_->addSeparator();
    rename_ = add(tr("Rename…"), [this] { askName(); });
    add(tr("Tags…"), [this] { askTags(); });
    add(tr("Note…"), [this] { askNote(); });
    pin_ = add(tr("Pin as baseline"), [this] {
        const RunRecord* run = chosenRun();
        if (run != nullptr) change(chosenRuns(), {.pinned = !run->pinned});
    });
    archive_ = add(tr("Archive"), [this] {
        const RunRecord* run = chosenRun();
        if (run != nullptr) change(chosenRuns(), {.archived = run->archivedUs == 0});
    });
    runMenu_->addSeparator();
    add(tr("Export…"), [this] { askFolder(); });
    add(tr("Remove…"), [this] { askRemoval(); });
    addActions(runMenu_->actions());  // of the page: the palette has them, too
    connect(table_, &QWidget::customContextMenuRequested, this,
            [this](const QPoint& place) { showRunMenu(table_->viewport()->mapToGlobal(place)); });
    connect(table_->horizontalHeader(), &QWidget::customContextMenuRequested, this,
            &RunsPage::makeHeaderMenu);
    connect(runPage_, &RunPage::menuRequested, this, &RunsPage::showRunMenu);
    connect(runPage_, &RunPage::backRequested, this, &RunsPage::showTable);
    connect(runPage_, &RunPage::compareRequested, this, &RunsPage::compareRequested);
    connect(runPage_, &RunPage::timelineRequested, this, &RunsPage::timelineRequested);
    connect(runPage_, &RunPage::editRequested, this, &RunsPage::editAndRunAgain);
    connect(runPage_, &RunPage::idled, this, &RunsPage::idled);
}

void RunsPage::showRunMenu(const QPoint& globalPlace) {
    const RunRecord* run = chosenRun();
    if (run == nullptr) return;
    rename_->setEnabled(chosenRuns().size() == 1);
    pin_->setText(run->pinned ? tr("Unpin") : tr("Pin as baseline"));
    archive_->setText(run->archivedUs != 0 ? tr("Take out of the archive") : tr("Archive"));
    runMenu_->popup(globalPlace);
}

void RunsPage::write(StoreReader::Work work, const QString& said) {
    store_.ask(Store::Access::ReadWrite, std::move(work), this,
               [this, said](const Result<void>& done) {
                   if (done.ok()) return Q_EMIT messageReady(said);
                   QMessageBox::warning(this, tr("Runs"), text(done.error().message));
               });
}

void RunsPage::change(const std::vector<RunId>& runs, const RunChange& change) {
    if (runs.empty()) return;
    const bool archives = change.archived.value_or(false);
    write([runs, change](Store& store) { return store.change(runs, change); },
          tr("Changed: %1").arg(runsText(runs)));
    if (archives) offerUndo(tr("Archived: %1").arg(runsText(runs)), runs);
    if (archives && showsRun()) showTable();
}

void RunsPage::remove(const std::vector<RunId>& runs) {
    if (runs.empty()) return;
    write([runs](Store& store) { return store.remove(runs); },
          tr("Removed: %1").arg(runsText(runs)));
    if (showsRun()) showTable();
}

void RunsPage::exportTo(const std::vector<RunId>& runs, const std::filesystem::path& folder) {
    const auto work = [runs, folder](Store& store) -> Result<void> {
        for (const RunId& id : runs) {
            RINGSCOPE_TRY(const RunRecord run, store.load(id));
            RINGSCOPE_CHECK(exportRun(store, id, folder / exportFolderName(run)));
        }
        return {};
    };
    const QString said = tr("Exported %1 to %2").arg(runsText(runs), text(folder.string()));
    store_.ask(Store::Access::ReadOnly, work, this, [this, said](const Result<void>& done) {
        if (done.ok()) return Q_EMIT messageReady(said);
        QMessageBox::warning(this, tr("Export"), text(done.error().message));
    });
}

void RunsPage::offerUndo(const QString& sentence, const std::vector<RunId>& runs) {
    undoRuns_ = runs;
    undoWords_->setText(sentence);
    undoBar_->show();
    undoTimer_->start();
}

void RunsPage::editAndRunAgain(const RunRecord& run) {
    Q_EMIT experimentReady(run.id.text.substr(0, 8) + ".yaml", experimentTextOf(run));
}

// A dialog lets the store be read meanwhile, so what it is about is copied.
void RunsPage::askName() {
    const RunRecord* chosen = chosenRun();
    if (chosen == nullptr) return;
    const RunRecord run = *chosen;
    bool given = false;
    const QString name = QInputDialog::getText(this, tr("Rename"), tr("Name of the run"),
                                               QLineEdit::Normal, text(run.name), &given);
    if (given) change({run.id}, {.name = name.toStdString()});
}

void RunsPage::askTags() {
    const RunRecord* chosen = chosenRun();
    if (chosen == nullptr) return;
    const RunRecord run = *chosen;
    const std::vector<RunId> runs = chosenRuns();
    bool given = false;
    const QString words =
        QInputDialog::getText(this, tr("Tags"), tr("Tags, with blanks between them"),
                              QLineEdit::Normal, text(join(run.tags, " ")), &given);
    if (!given) return;
    RunChange tags;
    for (const QString& tag : words.split(QLatin1Char(' '), Qt::SkipEmptyParts))
        tags.addTags.push_back(tag.toStdString());
    for (const std::string& tag : run.tags)
        if (std::ranges::find(tags.addTags, tag) == tags.addTags.end())
            tags.removeTags.push_back(tag);
    change(runs, tags);
}

void RunsPage::askNote() {
    const RunRecord* run = chosenRun();
    if (run == nullptr) return;
    const std::vector<RunId> runs = chosenRuns();
    bool given = false;
    const QString note = QInputDialog::getMultiLineText(this, tr("Note"), tr("About this run"),
                                                        text(run->note), &given);
    if (given) change(runs, {.note = note.toStdString()});
}

void RunsPage::askRemoval() {
    const std::vector<RunId> runs = chosenRuns();
    if (runs.empty()) return;
    const auto answer = QMessageBox::question(
        this, tr("Remove"),
        tr("Remove %1 with logs and traces? This cannot be undone; archived runs are only left out "
           "of the table.")
            .arg(runsText(runs)));
    if (answer == QMessageBox::Yes) remove(runs);
}

void RunsPage::askFolder() {
    const std::vector<RunId> runs = chosenRuns();
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Export into a folder"));
    if (!folder.isEmpty()) exportTo(runs, folder.toStdString());
}

// --- columns ---------------------------------------------------------------------------------

void RunsPage::makeHeaderMenu(const QPoint& place) {
    QMenu menu;
    const auto add = [&menu](const QString& words, bool checked, auto slot) {
        QAction* action = menu.addAction(words);
        action->setCheckable(true);
        action->setChecked(checked);
        connect(action, &QAction::toggled, &menu, slot);
        return action;
    };
    for (int c = RunTableModel::Name + 1; c < RunTableModel::ColumnCount; ++c)
        add(table_->title(c), !table_->isColumnHidden(c),
            [this, c](bool shown) { setColumnShown(c, shown); });
    menu.addSeparator();
    add(tr("Group by experiment"), filter_->grouped(), [this](bool on) { setGrouped(on); });
    add(tr("Archived runs, too"), archivedShown_, [this](bool on) { setArchivedShown(on); });
    menu.exec(table_->horizontalHeader()->mapToGlobal(place));
}

void RunsPage::setColumnShown(int column, bool shown) { table_->setColumnShown(column, shown); }

void RunsPage::setGrouped(bool grouped) {
    filter_->setGrouped(grouped);
    // Without a column to sort by, Qt asks for no order.
    if (grouped && filter_->sortColumn() < 0)
        table_->sortByColumn(RunTableModel::Started, Qt::DescendingOrder);
    table_->viewport()->update();
    if (settings_ != nullptr) settings_->setValue(groupedKey, grouped);
    views_->showPresent();
}

void RunsPage::setArchivedShown(bool shown) {
    archivedShown_ = shown;
    showStore();
    views_->showPresent();
}

// --- views -----------------------------------------------------------------------------------

void RunsPage::makeViews() {
    const auto offer = [this] {
        for (QAction* action : views_->actionsOfViews()) addAction(action);  // the palette has them
    };
    offer();
    connect(views_, &ViewButton::viewsChanged, this, offer);
    connect(views_, &ViewButton::chosen, this, &RunsPage::showView);
    connect(views_, &ViewButton::resetRequested, this, [this] { showView(firstView()); });
    connect(table_, &RunsTable::columnsChanged, views_, &ViewButton::showPresent);
    connect(table_->horizontalHeader(), &QHeaderView::sortIndicatorChanged, views_,
            &ViewButton::showPresent);
    views_->showPresent();
}

RunView RunsPage::firstView() const {
    RunView first;
    for (int c = 0; c < RunTableModel::ColumnCount; ++c)
        if (RunsTable::isShownAtFirst(c)) first.columns << table_->title(c);
    return first;
}

RunView RunsPage::view() const {
    RunView view{.name = {},
                 .filter = filterBox_->text(),
                 .columns = table_->shownColumns(),
                 .sortedBy = {},
                 .descending = filter_->sortOrder() == Qt::DescendingOrder,
                 .grouped = filter_->grouped(),
                 .archived = archivedShown_};
    if (const int sorted = filter_->sortColumn(); sorted >= 0)
        view.sortedBy = table_->title(sorted);
    return view;
}

void RunsPage::showView(const RunView& view) {
    filterBox_->setText(view.filter);
    setArchivedShown(view.archived);
    int sorted = -1;
    for (int c = 0; c < RunTableModel::ColumnCount; ++c)
        if (table_->title(c) == view.sortedBy) sorted = c;
    table_->sortByColumn(sorted, view.descending ? Qt::DescendingOrder : Qt::AscendingOrder);
    setGrouped(view.grouped);
    table_->showColumns(view.columns);
}

// Where there is little room, the filter gets that of the longest words.
void RunsPage::fitHead() {
    copy_->setText(width() < scaled(900) ? QString() : copy_->accessibleName());
}

// As much of an example as there is room for.
void RunsPage::showHint() {
    for (const QString& hint : {tr("Filter: (mode=ring or mode=zigzag) and seq_len>=2k"),
                                tr("Filter: mode=ring"), tr("Filter")}) {
        filterBox_->setPlaceholderText(hint);
        const int wanted = filterBox_->fontMetrics().horizontalAdvance(hint) + scaled(24);
        if (wanted <= filterBox_->width()) return;
    }
}

void RunsPage::resizeEvent(QResizeEvent* event) {
    fitHead();
    Page::resizeEvent(event);
}

bool RunsPage::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize && watched == filterBox_) showHint();
    return Page::eventFilter(watched, event);
}

}  // namespace ringscope::ui
