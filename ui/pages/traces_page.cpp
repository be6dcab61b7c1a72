#include "ui/pages/traces_page.h"

#include "backend/machine/machine_table.h"
#include "backend/trace/memory_look.h"
#include "backend/trace/trace.h"
#include "backend/trace/trace_files.h"
#include "ui/look/theme.h"
#include "ui/models/cell_delegate.h"
#include "ui/pages/trace_beside.h"
#include "ui/pages/trace_diff_panel.h"
#include "ui/timeline/legend.h"
#include "ui/timeline/memory_words.h"
#include "ui/timeline/timeline_view.h"
#include "ui/widgets/parts.h"
#include "ui/widgets/search_bar.h"

#include <QButtonGroup>
#include <QFileDialog>
#include <QHeaderView>
#include <QMessageBox>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <iterator>

namespace ringscope::ui {
namespace {

constexpr int mostOutlinedRanks = 64;
constexpr int widestHeader = 76;  // "Hidden wait", at zoom 1

// A cell's share of the largest as a wash of wait's hue.
class HeatDelegate : public CellDelegate {
public:
    using CellDelegate::CellDelegate;

protected:
    void paintContent(QPainter& painter, const QStyleOptionViewItem& option, const QRectF& box,
                      const QModelIndex& index) const override {
        QColor heat = colourOf(spanLook.transfer, inkOf(*option.widget).dark);
        heat.setAlphaF(static_cast<float>(0.6 * index.data(RingStepModel::HeatRole).toDouble()));
        painter.fillRect(QRectF(option.rect).adjusted(1, 1, -1, -1), heat);
        CellDelegate::paintContent(painter, option, box, index);
    }
};

QTableView* makeTable(QAbstractItemModel* model, const QString& name, CellDelegate* delegate) {
    auto* table = new QTableView;
    delegate->setParent(table);
    table->setModel(model);
    table->setItemDelegate(delegate);
    table->setProperty("dense", true);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setAccessibleName(name);
    table->setTabKeyNavigation(false);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    whenZoomed(*table, [table] {
        table->horizontalHeader()->setMinimumSectionSize(scaled(widestHeader));
        table->verticalHeader()->setDefaultSectionSize(scaled(24));
    });
    table->verticalHeader()->setHighlightSections(false);
    return table;
}

QString keyOf(const std::filesystem::path& place) { return text(place.string()); }

}  // namespace

TracesPage::TracesPage(StoreReader& store, QWidget* parent)
    : Page(parent),
      store_(store),
      choice_(new ChoiceBox),
      open_(makeButton(Icon::Open, tr("Open trace…"))),
      export_(makeButton(Icon::Save, tr("Export…"))),
      stack_(new QStackedWidget),
      empty_(new EmptyState({}, {}, {})),
      loadingText_(makeLabel({}, "muted")),
      loadingBar_(new QProgressBar),
      notes_(new ElidedLabel),
      timeline_(new TimelineView),
      memory_(makeSegment(tr("Memory"), true)),
      predictedButton_(makeSegment(tr("Predicted"), true)),
      legend_(new TimelineLegend),
      memoryLegend_(new MemoryLegend),
      totals_(makeSelectableLabel()),
      figures_(new RankFiguresModel(this)),
      ringSteps_(new RingStepModel(this)),
      noRingSteps_(makeLabel(tr("This mode has no ring steps."), "muted")),
      tables_(new QStackedWidget),
      beside_(new TraceBeside(*timeline_, this)),
      search_(new SearchBar(tr("Find spans: attention layer 3 rank 1"))) {
    QVBoxLayout* layout = column(this, 16, 8);
    layout->addWidget(makeHead());
    stack_->addWidget(empty_);
    stack_->addWidget(makeLoading());
    stack_->addWidget(makeContent());
    layout->addWidget(stack_, 1);
    setFocusProxy(timeline_);

    connect(choice_, &QComboBox::currentIndexChanged, this, &TracesPage::load);
    connect(open_, &QPushButton::clicked, this, &TracesPage::askForPlace);
    connect(export_, &QPushButton::clicked, this, &TracesPage::askForExport);
    connect(empty_->button(), &QPushButton::clicked, this, &TracesPage::newRunRequested);
    connect(&store_, &StoreReader::changed, this, &TracesPage::showStore);
    connect(&loader_, &TraceLoader::listed, this, [this](const QSet<QString>& runs) {
        recorded_ = runs;
        listChoices();
    });
    connect(&loader_, &TraceLoader::progressed, this, [this](int read, int files) {
        loadingBar_->setRange(0, files);
        loadingBar_->setValue(read);
        loadingText_->setText(read < files
                                  ? tr("Reading rank file %1 of %2").arg(read + 1).arg(files)
                                  : tr("Bringing both ends of every message together"));
    });
    connect(&loader_, &TraceLoader::opened, this, &TracesPage::showTrace);
    connect(&loader_, &TraceLoader::failed, this, &TracesPage::showProblem);
    connect(&loader_, &TraceLoader::cancelled, this,
            [this] { showProblem(tr("Reading was stopped. Choose a run to read its trace.")); });
    connect(&loader_, &TraceLoader::idled, this, &TracesPage::idled);
    connect(&loader_, &TraceLoader::exported, this, [this](const QString& file) {
        Q_EMIT exported(file);
        Q_EMIT messageReady(tr("Trace written to %1; open it on ui.perfetto.dev").arg(file));
    });
    connect(&loader_, &TraceLoader::exportFailed, this, [this](const QString& reason) {
        QMessageBox::warning(this, tr("Export for Perfetto"), reason);
    });
    connect(timeline_, &TimelineView::selectionChanged, this, &TracesPage::showSelection);
    connect(timeline_, &TimelineView::memoryToggled, this, &TracesPage::showMemory);
    connect(memory_, &QPushButton::toggled, timeline_, &TimelineView::showMemory);
    connect(predictedButton_, &QPushButton::toggled, this, &TracesPage::showPredicted);
    connect(&forecaster_, &Forecaster::idled, this, &TracesPage::idled);
    connect(&forecaster_, &Forecaster::traced, this,
            [this](const std::shared_ptr<const ForecastTrace>& answer) {
                predicted_ = answer->trace;
                showPredicted();
            });
    connect(beside_, &TraceBeside::changed, this, &TracesPage::showBeside);
    connect(beside_, &TraceBeside::idled, this, &TracesPage::idled);
    connect(beside_, &TraceBeside::failed, this, &TracesPage::messageReady);
    connect(search_, &SearchBar::searched, this, &TracesPage::searchSpans);
    connect(search_, &SearchBar::stepped, this, &TracesPage::goToFound);
    connect(search_, &SearchBar::closed, this, [this] {
        timeline_->select({});
        timeline_->setFocus(Qt::ShortcutFocusReason);
    });
    showNothing();
    showStore();
}

QWidget* TracesPage::makeHead() {
    auto* head = new QWidget;
    auto* line = row(head);
    choice_->setAccessibleName(tr("Run whose trace is shown"));
    choice_->setShortest(12);
    choice_->setObjectName(QStringLiteral("traceChoice"));
    export_->setObjectName(QStringLiteral("exportTrace"));
    export_->setToolTip(tr("Writes the trace as JSON, for ui.perfetto.dev"));
    line->addWidget(makeLabel(tr("Traces"), "title"));
    line->addSpacing(8);
    line->addWidget(choice_, 2);
    line->addWidget(&beside_->choice(), 1);
    line->addWidget(open_);
    line->addWidget(export_);
    return head;
}

QWidget* TracesPage::makeLoading() {
    auto* loading = new QWidget;
    loadingBar_->setTextVisible(false);
    loadingBar_->setFixedWidth(scaled(320));
    loadingBar_->setAccessibleName(tr("Progress of reading the trace"));
    auto* cancel = makeButton(Icon::Stop, tr("Stop reading"));
    cancel->setObjectName(QStringLiteral("cancelTrace"));
    connect(cancel, &QPushButton::clicked, &loader_, &TraceLoader::cancel);
    QVBoxLayout* layout = column(loading, 24, 12);
    layout->addStretch();
    layout->addWidget(loadingText_, 0, Qt::AlignHCenter);
    layout->addWidget(loadingBar_, 0, Qt::AlignHCenter);
    layout->addWidget(cancel, 0, Qt::AlignHCenter);
    layout->addStretch();
    return loading;
}

QWidget* TracesPage::makeContent() {
    auto* content = new QWidget;
    QVBoxLayout* layout = column(content);
    setRole(*notes_, "caution");
    notes_->hide();
    totals_->setObjectName(QStringLiteral("traceTotals"));
    auto* top = new QWidget;
    QVBoxLayout* above = column(top, 0, 4);
    above->addWidget(timeline_, 1);
    above->addWidget(&beside_->lanes(), 1);
    above->addWidget(makeLegends());
    auto* split = new QSplitter(Qt::Vertical);
    split->setChildrenCollapsible(false);
    split->setHandleWidth(scaled(8));
    split->addWidget(top);
    tables_->addWidget(makeTables());
    tables_->addWidget(&beside_->figures());
    showTables(0);
    split->addWidget(tables_);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 1);
    layout->addWidget(notes_);
    layout->addWidget(totals_);
    // Two timelines need more height than a small screen has.
    QScrollArea* scroll = scrolling(split);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    layout->addWidget(scroll, 1);
    layout->addWidget(search_);
    return content;
}

// Memory's line only where its lanes are.
QWidget* TracesPage::makeLegends() {
    auto* legends = new QWidget;
    auto* line = row(legends, 0, 8);
    auto* lines = new QWidget;
    QVBoxLayout* stacked = column(lines, 0, 0);
    stacked->addWidget(legend_);
    stacked->addWidget(memoryLegend_);
    memory_->setChecked(timeline_->memoryShown());
    memory_->setObjectName(QStringLiteral("memoryLanes"));
    memory_->setAccessibleName(tr("Show what each rank's tensors held"));
    memory_->setToolTip(tr("What each rank's tensors held (M); P goes to the peak"));
    predictedButton_->setChecked(true);
    predictedButton_->hide();
    predictedButton_->setObjectName(QStringLiteral("predictedSpans"));
    predictedButton_->setAccessibleName(tr("Outline the predicted step"));
    predictedButton_->setToolTip(
        tr("A step of this run as this machine's calibration predicts it, over each measured one"));
    line->addWidget(lines, 1);
    line->addWidget(predictedButton_, 0, Qt::AlignTop);
    line->addWidget(memory_, 0, Qt::AlignTop);
    return legends;
}

// The page that is hidden claims no room: it keeps the size hints of the last zoom it was seen at.
void TracesPage::showTables(int which) {
    for (int i = 0; i < tables_->count(); ++i) {
        const auto policy = i == which ? QSizePolicy::Preferred : QSizePolicy::Ignored;
        tables_->widget(i)->setSizePolicy(policy, policy);
    }
    tables_->setCurrentIndex(which);
}

QWidget* TracesPage::makeTables() {
    auto* tables = new QWidget;
    auto* line = row(tables, 0, 16);
    auto* ranks = new QWidget;
    QVBoxLayout* left = column(ranks, 0, 4);
    QTableView* table =
        makeTable(figures_, tr("Figures of each rank, milliseconds"), new CellDelegate);
    table->verticalHeader()->hide();
    table->setSelectionMode(QAbstractItemView::NoSelection);
    table->setFocusPolicy(Qt::NoFocus);
    left->addWidget(makeLabel(tr("Ranks, ms of the selection"), "section"));
    left->addWidget(table, 1);
    line->addWidget(ranks, 5);
    line->addWidget(makeRingSteps(), 3);
    whenZoomed(*tables, [tables] { tables->setMinimumHeight(scaled(184)); });
    return tables;
}

QWidget* TracesPage::makeRingSteps() {
    auto* steps = new QWidget;
    QVBoxLayout* layout = column(steps, 0, 4);
    auto* head = row(nullptr, 0, 0);
    head->addWidget(makeLabel(tr("Ring steps, ms per training step"), "section"), 1);
    auto* group = new QButtonGroup(this);
    using Figure = RingStepModel::Figure;
    const std::pair<Figure, QString> figures[] = {{Figure::Attention, tr("Attention")},
                                                  {Figure::Exposed, tr("Exposed")},
                                                  {Figure::Wait, tr("Wait")}};
    for (const auto& [figure, words] : figures) {
        QPushButton* button = makeSegment(words, figure == Figure::Wait);
        button->setChecked(figure == ringSteps_->figure());
        button->setAccessibleName(tr("Show %1 of each ring step").arg(words.toLower()));
        group->addButton(button);
        head->addWidget(button);
        figureButtons_[figure] = button;
        connect(button, &QPushButton::clicked, this,
                [this, figure = figure] { ringSteps_->setFigure(figure); });
    }
    ringStepTable_ = makeTable(ringSteps_, tr("Ring steps, a row a rank"), new HeatDelegate);
    ringStepTable_->setObjectName(QStringLiteral("ringSteps"));
    connect(ringStepTable_, &QTableView::clicked, this, &TracesPage::showRingStep);
    connect(ringStepTable_, &QTableView::activated, this, &TracesPage::showRingStep);
    noRingSteps_->setAlignment(Qt::AlignCenter);
    layout->addLayout(head);
    layout->addWidget(ringStepTable_, 1);
    layout->addWidget(noRingSteps_, 1);
    return steps;
}

bool TracesPage::settled() const {
    return loader_.idle() && forecaster_.idle() && beside_->settled();
}

QString TracesPage::totals() const { return totals_->text(); }
QString TracesPage::notes() const { return notes_->isHidden() ? QString() : notes_->fullText(); }

RecordedTraces TracesPage::recorded() const {
    return {.root = std::filesystem::absolute(traceRoot(store_.path())).lexically_normal(),
            .runs = recorded_.value_or(QSet<QString>())};
}

void TracesPage::openRun(const RunId& run) { want(recorded().placeOf(run)); }

void TracesPage::openPlace(const std::filesystem::path& place) {
    std::filesystem::path whole = std::filesystem::absolute(place).lexically_normal();
    if (!whole.has_filename()) whole = whole.parent_path();  // "folder/"
    if (!recorded().holds(whole)) {
        openedByHand_ = whole;
        Q_EMIT placeOpened({PlaceKind::Trace, whole});
    }
    want(whole);
}

void TracesPage::want(const std::filesystem::path& place) {
    wanted_ = place;
    shown_.reset();
    const bool byHand = place == openedByHand_;  // is listed whether there are runs or not
    if (recorded_ || byHand) listChoices();
    if (!byHand) loader_.list(recorded().root);
}

void TracesPage::refresh() {
    shown_.reset();
    loader_.list(recorded().root);
}

void TracesPage::showStore() { loader_.list(recorded().root); }

const TraceChoice* TracesPage::chosen() const {
    const int at = choice_->currentIndex();
    return at < 0 ? nullptr : &choices_[static_cast<std::size_t>(at)];
}

void TracesPage::listChoices() {
    choices_ = traceChoices(recorded(), store_.runs(), openedByHand_);
    std::vector<std::pair<QString, QString>> listed;
    for (const TraceChoice& choice : choices_)
        listed.emplace_back(keyOf(choice.place), choice.words);
    choice_->setChoices(listed);
    choice_->setEnabled(!choices_.empty());
    choice_->setPlaceholderText(tr("no run with a trace"));
    beside_->setChoices(choices_);
    if (wanted_) {
        const int at = choice_->findData(keyOf(*wanted_));
        if (at >= 0) {
            const QSignalBlocker quiet(choice_);
            choice_->setCurrentIndex(at);
            wanted_.reset();
        } else if (recorded_ && store_.state() == StoreReader::State::Ready) {
            wanted_.reset();
            shown_ = chosen() != nullptr ? std::optional(*chosen()) : std::nullopt;
            showProblem(
                tr("This run has no trace. Its steps are recorded where the experiment "
                   "says so: profile.steps: [2, 5]."));
            return;
        }
    }
    load();
}

// A trace may be large: it is read when the page is first shown.
void TracesPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    load();
}

void TracesPage::load() {
    const TraceChoice* choice = chosen();
    if (choice == nullptr) return recorded_ ? showNothing() : void();
    if (!isVisible() || !mustRead(*choice, shown_)) return;
    shown_ = *choice;
    loadingBar_->setRange(0, 0);
    loadingText_->setText(tr("Reading the trace"));
    stack_->setCurrentIndex(Loading);
    export_->setEnabled(false);
    loader_.open(choice->place);
}

void TracesPage::showNothing() {
    shown_.reset();
    export_->setEnabled(false);
    choice_->setEnabled(false);
    empty_->setTexts(tr("No traces yet"),
                     tr("A run records the training steps that profile.steps names. Set it on the "
                        "New run page, or add --set profile.steps=[2,5] to ringscope run."),
                     tr("Set up a run"));
    stack_->setCurrentIndex(Empty);
}

void TracesPage::showProblem(const QString& reason) {
    export_->setEnabled(false);
    timeline_->setTrace(nullptr);
    beside_->setFirst({});
    empty_->setTexts(tr("No trace to show"), reason, {});
    stack_->setCurrentIndex(Empty);
}

void TracesPage::showTrace(const std::shared_ptr<const OpenedTrace>& trace) {
    stack_->setCurrentIndex(Shown);
    export_->setEnabled(true);
    QStringList notes;
    for (const std::string& note : trace->findings.notes) notes << text(note);
    if (trace->findings.clockErrorNs > 0 && trace->findings.clock.splits)
        notes
            << tr("the hosts' clocks agree within %1").arg(timeText(trace->findings.clockErrorNs));
    if (!trace->findings.clock.splits) notes << clockText(trace->findings.clock);
    for (const std::string& violation : trace->findings.violations)
        notes << tr("the analysis contradicts itself: %1").arg(text(violation));
    notes_->setFullText(notes.join(QStringLiteral(" · ")));
    notes_->setVisible(!notes.empty());
    ringSteps_->setFindings(trace->findings);
    const bool any = ringSteps_->columnCount() > 0;
    ringStepTable_->setVisible(any);
    noRingSteps_->setVisible(!any);
    figures_->setClock(trace->findings.clock);
    timeline_->setTrace(trace);
    predict();
    showClock();
    showMemory();
    beside_->setFirst(shown_ ? *shown_ : TraceChoice{});
    searchSpans(search_->isVisible() ? search_->wanted() : QString());
}

// The step of the same plan, where the run is of this machine and that is calibrated.
void TracesPage::predict() {
    forecaster_.forget();
    predicted_.reset();
    showPredicted();
    const std::vector<RunRecord>& runs = store_.allRuns();
    if (!shown_) return;
    const RecordedTraces traces = recorded();
    const auto run = std::ranges::find_if(
        runs, [&](const RunRecord& each) { return traces.placeOf(each.id) == shown_->place; });
    if (run == runs.end() || run->device != "cpu" || run->ranks > mostOutlinedRanks) return;
    Result<Machine> machine = findMachine(std::string(thisMachine));
    if (!machine.ok()) return;
    auto forecast = std::make_shared<Forecast>();
    forecast->config = run->config;
    forecast->machine = *std::move(machine);
    forecast->ranks = 0;  // as the configuration says
    forecaster_.trace(std::move(forecast), run->config.parallel.mode);
}

void TracesPage::showPredicted() {
    predictedButton_->setVisible(predicted_ != nullptr);
    const bool shown = predicted_ != nullptr && predictedButton_->isChecked();
    timeline_->setPredicted(shown ? predicted_ : nullptr);
    legend_->setPredicted(shown);
}

// The sentence and the tables are of both traces while there are two.
void TracesPage::showBeside() {
    showTables(beside_->on() ? 1 : 0);
    showSelection();
}

bool TracesPage::find() {
    if (timeline_->trace() == nullptr) return false;
    search_->open();
    return true;
}

void TracesPage::searchSpans(const QString& wanted) {
    found_.clear();
    foundAt_ = 0;
    if (timeline_->trace() != nullptr) found_ = findSpans(*timeline_->trace(), wanted);
    goToFound(0);
}

void TracesPage::goToFound(int direction) {
    const int count = static_cast<int>(found_.size());
    if (count > 0) foundAt_ = (foundAt_ + direction + count) % count;
    search_->showCount(foundAt_, count);
    if (count == 0) return;
    const FoundSpan& found = found_[static_cast<std::size_t>(foundAt_)];
    timeline_->goToSpan(found.row, found.span);
}

// Where the clocks do not tell wait from transfer, no button offers the wait.
void TracesPage::showClock() {
    const ClockVerdict& clock = timeline_->trace()->findings.clock;
    legend_->setTrace(*timeline_->trace(), clock.splits);
    QPushButton& wait = *figureButtons_.at(RingStepModel::Figure::Wait);
    wait.setEnabled(clock.splits);
    wait.setToolTip(clock.splits ? QString() : clockText(clock));
    if (!clock.splits && wait.isChecked())
        figureButtons_.at(RingStepModel::Figure::Exposed)->click();
}

// The button and its line are there where the trace has memory, the line while it is shown.
void TracesPage::showMemory() {
    const OpenedTrace* trace = timeline_->trace();
    if (trace == nullptr) return;
    const auto uses = [&](MemoryCategory category) {
        return trace->memoryUses[static_cast<std::size_t>(category)];
    };
    std::vector<MemoryCategory> categories;
    std::ranges::copy_if(memoryStack(), std::back_inserter(categories), uses);
    if (uses(MemoryCategory::Segments)) categories.push_back(MemoryCategory::Segments);
    memoryLegend_->setCategories(std::move(categories));
    memory_->setVisible(timeline_->hasMemory());
    memory_->setChecked(timeline_->memoryShown());
    memoryLegend_->setVisible(timeline_->hasMemory() && timeline_->memoryShown());
}

void TracesPage::showSelection() {
    const OpenedTrace* trace = timeline_->trace();
    if (trace == nullptr) return;
    const std::optional<Interval> selection = timeline_->selection();
    const WindowFigures figures = trace->windows.figures(selection.value_or(trace->range()));
    const QString what =
        selection ? tr("Selected") : tr("All %1").arg(countText(trace->findings.steps, "step"));
    QStringList totals{what, totalsText(figures, trace->findings.clock.splits)};
    totals << mostMemoryText(*trace, figures.window);
    totals.removeAll(QString());
    const QString ofOne = totals.join(QStringLiteral(" · "));
    totals_->setText(beside_->on() && !selection ? beside_->sentence() : ofOne);
    figures_->setFigures(figures);
}

void TracesPage::showRingStep(const QModelIndex& index) {
    const OpenedTrace* trace = timeline_->trace();
    const std::optional<RingStepModel::Cell> cell = ringSteps_->cell(index);
    if (trace == nullptr || !cell) return;
    const auto row = std::ranges::find(trace->rows, cell->rank, &RankRow::rank);
    if (row == trace->rows.end()) return;
    timeline_->zoomTo(trace->longestOccurrence(cell->rank, cell->pass, cell->ringStep),
                      static_cast<std::size_t>(row - trace->rows.begin()));
}

void TracesPage::askForPlace() {
    const QString chosen = QFileDialog::getOpenFileName(
        this, tr("Open a trace: one rank's file opens all of its folder"), {},
        tr("Traces (*.trace *.json *.json.gz *.sqlite)"));
    if (chosen.isEmpty()) return;
    const std::filesystem::path file(chosen.toStdString());
    // Beside another tool's trace may lie any other JSON.
    openPlace(file.extension() == ".trace" ? file.parent_path() : file);
}

void TracesPage::askForExport() {
    const QString file =
        QFileDialog::getSaveFileName(this, tr("Export for Perfetto"),
                                     QStringLiteral("ringscope-trace.json"), tr("Traces (*.json)"));
    if (!file.isEmpty()) exportTo(file.toStdString());
}

void TracesPage::exportTo(const std::filesystem::path& file) {
    loader_.exportTo(timeline_->sharedTrace(), file);
}

}  // namespace ringscope::ui
