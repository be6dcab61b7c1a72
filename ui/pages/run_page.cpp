#include "ui/pages/run_page.h"

#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/report/run_details_text.h"
#include "backend/report/runs_text.h"
#include "backend/report/what_ran.h"
#include "backend/store/run_files.h"
#include "ui/look/theme.h"
#include "ui/models/run_row.h"
#include "ui/pages/run_memory.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/line_chart.h"
#include "ui/widgets/parts.h"

#include <QCheckBox>
#include <QFontDatabase>
#include <QHeaderView>
#include <QLineEdit>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTabWidget>
#include <QTableWidget>
#include <QTextCursor>
#include <QVBoxLayout>
#include <algorithm>
#include <iterator>
#include <map>

namespace ringscope::ui {
namespace {

constexpr std::int64_t logLinesRead = 5000;  // as many as the store keeps
const QString allSources = QStringLiteral("all");

QTableWidget* makeTable(const QStringList& header, const QString& name) {
    auto* table = new QTableWidget(0, static_cast<int>(header.size()));
    table->setHorizontalHeaderLabels(header);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->horizontalHeader()->setStretchLastSection(true);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(scaled(28));
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->setAccessibleName(name);
    return table;
}

void fill(QTableWidget& table, const std::vector<QStringList>& rows) {
    table.setRowCount(static_cast<int>(rows.size()));
    for (int row = 0; row < table.rowCount(); ++row) {
        const QStringList& cells = rows[static_cast<std::size_t>(row)];
        for (int column = 0; column < table.columnCount(); ++column) {
            auto* item = new QTableWidgetItem(cells.value(column));
            item->setToolTip(cells.value(column));
            table.setItem(row, column, item);
        }
    }
    for (int column = 0; column + 1 < table.columnCount(); ++column) {
        table.resizeColumnToContents(column);
        table.setColumnWidth(column, std::min(table.columnWidth(column), scaled(420)));
    }
}

QString orNotKnown(const std::string& value) {
    return value.empty() ? RunPage::tr("not known") : text(value);
}

QString sizeOrNotKnown(Bytes bytes) {
    return bytes.count > 0 ? text(formatBytes(bytes)) : RunPage::tr("not known");
}

QString endOf(const RankRecord& rank, RunStatus status) {
    if (!rank.endedBy.empty()) return text(rank.endedBy);
    if (rank.exitCode) return RunPage::tr("exit code %1").arg(*rank.exitCode);
    return isFinal(status) ? RunPage::tr("not known") : RunPage::tr("running");
}

std::vector<QStringList> stepRows(const std::vector<StepRecord>& steps,
                                  double (*value)(const StepRecord&), const char* format,
                                  int digits) {
    std::vector<QStringList> rows;
    for (const StepRecord& step : steps)
        rows.push_back(
            {QString::number(step.step), QLocale::c().toString(value(step), format[0], digits)});
    return rows;
}

}  // namespace

struct RunPage::Details {
    RunRecord run;
    std::vector<LogLine> log;
    std::vector<RunFile> files;
    std::optional<RunRecord> other;  // to compare the configuration with
};

RunPage::RunPage(StoreReader& store, QWidget* parent)
    : QWidget(parent),
      store_(store),
      name_(new ElidedLabel(Qt::ElideMiddle)),
      status_(new ElidedLabel),
      note_(makeSelectableLabel("muted")),
      back_(makeButton(tr("‹ Runs"))),
      edit_(makeButton(Icon::NewRun, tr("Edit and run again"))),
      compare_(makeButton(Icon::Compare, tr("Compare"))),
      timeline_(makeButton(Icon::Timeline, tr("Open timeline"))),
      more_(makeButton(tr("More…"))),
      tabs_(new QTabWidget),
      loss_(new LineChart(tr("Loss"), LineChart::From::Data)),
      speed_(new LineChart(tr("Tokens/s"), LineChart::From::Zero)),
      stepTime_(new LineChart(tr("Step ms"), LineChart::From::Zero)),
      lossPanel_(new ChartPanel(tr("Loss"), loss_)),
      speedPanel_(new ChartPanel(tr("Tokens/s"), speed_)),
      stepPanel_(new ChartPanel(tr("Step ms"), stepTime_)),
      noSteps_(makeLabel(tr("No step has been done."), "muted")),
      ranks_(makeTable({tr("Rank"), tr("Host"), tr("Process"), tr("Peak memory"),
                        tr("Attention sent/step"), tr("Gradients sent/step"), tr("Ended")},
                       tr("Ranks"))),
      experts_(makeTable(
          {tr("Layer"), tr("Busiest / mean"), tr("Unused"), tr("Evenness"),
           tr("First: busiest / mean"), tr("First: evenness"), tr("Tokens of each expert")},
          tr("Experts"))),
      memory_(new RunMemory),
      source_(new ChoiceBox),
      search_(new QLineEdit),
      hits_(makeLabel({}, "small")),
      log_(new QPlainTextEdit),
      other_(new ChoiceBox),
      differing_(new QCheckBox(tr("Only what differs"))),
      configuration_(
          makeTable({tr("Field"), tr("Value"), tr("Default"), tr("Meaning")}, tr("Configuration"))),
      environment_(makeTable({tr("Fact"), tr("Value")}, tr("Environment"))),
      files_(makeTable({tr("File"), tr("Size"), tr("SHA-256")}, tr("Files"))) {
    tabs_->setDocumentMode(true);
    tabs_->addTab(makeSteps(), tr("Steps"));
    tabs_->addTab(ranks_, tr("Ranks and hosts"));
    tabs_->setTabVisible(tabs_->addTab(experts_, tr("Experts")), false);
    tabs_->addTab(memory_, tr("Memory"));
    tabs_->addTab(makeLog(), tr("Log"));
    tabs_->addTab(makeConfiguration(), tr("Configuration"));
    tabs_->addTab(environment_, tr("Environment"));
    tabs_->addTab(files_, tr("Files"));
    QVBoxLayout* layout = column(this, 16, 8);
    layout->addWidget(makeHead());
    layout->addWidget(tabs_, 1);
    setFocusProxy(tabs_);
    // A page's signals ask by the ids of runs; what is shown decides which.
    connect(back_, &QPushButton::clicked, this, &RunPage::backRequested);
    connect(compare_, &QPushButton::clicked, this, [this] { Q_EMIT compareRequested({id_}); });
    connect(timeline_, &QPushButton::clicked, this, [this] { Q_EMIT timelineRequested(id_); });
    connect(edit_, &QPushButton::clicked, this, [this] {
        if (details_) Q_EMIT editRequested(details_->run);
    });
    connect(more_, &QPushButton::clicked, this,
            [this] { Q_EMIT menuRequested(more_->mapToGlobal(QPoint(0, more_->height()))); });
    connect(memory_, &RunMemory::idled, this, &RunPage::idled);
    connect(&store_, &StoreReader::changed, this, [this] {
        if (!id_.text.empty() && isVisible()) load();
    });
}

QWidget* RunPage::makeHead() {
    auto* head = new QWidget;
    QVBoxLayout* layout = column(head, 0, 4);
    auto* line = row(nullptr, 0, 8);
    name_->setProperty("role", "title");
    back_->setObjectName(QStringLiteral("backToRuns"));
    edit_->setObjectName(QStringLiteral("editAndRunAgain"));
    line->addWidget(back_);
    line->addWidget(name_, 1);
    for (QPushButton* button : {edit_, compare_, timeline_, more_}) line->addWidget(button);
    status_->setProperty("role", "muted");
    layout->addLayout(line);
    layout->addWidget(status_);
    layout->addWidget(note_);
    return head;
}

QWidget* RunPage::makeSteps() {
    auto* page = new QWidget;
    QVBoxLayout* layout = column(page, 0, 8);
    noSteps_->setAlignment(Qt::AlignCenter);
    layout->addWidget(noSteps_);
    layout->addWidget(lossPanel_, 1);
    auto* below = row(nullptr, 0, 8);
    below->addWidget(speedPanel_, 1);
    below->addWidget(stepPanel_, 1);
    layout->addLayout(below, 1);
    return page;
}

QWidget* RunPage::makeLog() {
    auto* page = new QWidget;
    QVBoxLayout* layout = column(page, 0, 8);
    source_->setAccessibleName(tr("Whose log"));
    search_->setPlaceholderText(tr("Search the log; Enter finds the next"));
    search_->setClearButtonEnabled(true);
    search_->setAccessibleName(tr("Search the log"));
    search_->setObjectName(QStringLiteral("logSearch"));
    auto* head = row(nullptr, 0, 8);
    head->setContentsMargins(0, 8, 0, 0);
    head->addWidget(source_);
    head->addWidget(search_, 1);
    head->addWidget(hits_);
    log_->setReadOnly(true);
    log_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    log_->setLineWrapMode(QPlainTextEdit::NoWrap);
    log_->setAccessibleName(tr("Log"));
    log_->setPlaceholderText(tr("Agents and ranks of this run have printed nothing."));
    layout->addLayout(head);
    layout->addWidget(log_, 1);
    connect(source_, &QComboBox::currentIndexChanged, this, &RunPage::showLog);
    connect(search_, &QLineEdit::textChanged, this, [this] {
        log_->moveCursor(QTextCursor::Start);
        findInLog();
    });
    connect(search_, &QLineEdit::returnPressed, this, &RunPage::findInLog);
    return page;
}

QWidget* RunPage::makeConfiguration() {
    auto* page = new QWidget;
    QVBoxLayout* layout = column(page, 0, 8);
    other_->setAccessibleName(tr("Compare the configuration with"));
    other_->setObjectName(QStringLiteral("otherRun"));
    differing_->setChecked(true);
    auto* head = row(nullptr, 0, 8);
    head->setContentsMargins(0, 8, 0, 0);
    head->addWidget(makeLabel(tr("against"), "muted"));
    head->addWidget(other_, 1);
    head->addWidget(differing_);
    layout->addLayout(head);
    layout->addWidget(configuration_, 1);
    connect(other_, &QComboBox::currentIndexChanged, this, &RunPage::load);
    connect(differing_, &QCheckBox::toggled, this, &RunPage::showConfiguration);
    return page;
}

void RunPage::showRun(const RunId& run) {
    if (run != id_) {
        details_.reset();
        loss_->clear();
        speed_->clear();
        stepTime_->clear();
        log_->clear();
    }
    id_ = run;
    showOthers();
    load();
}

bool RunPage::settled() const { return !loading_ && memory_->settled(); }

bool RunPage::find() {
    if (!search_->isVisible()) return false;
    search_->setFocus(Qt::ShortcutFocusReason);
    search_->selectAll();
    return true;
}

// One reading at a time: a store that changes quickly is read as often as it can be.
void RunPage::load() {
    if (id_.text.empty()) return;
    stale_ = loading_;
    if (loading_) return;
    loading_ = true;
    const RunId other{other_->currentData().toString().toStdString()};
    const auto details = std::make_shared<Details>();
    const auto read = [details, run = id_, other](Store& store) -> Result<void> {
        RINGSCOPE_TRY(details->run, store.load(run));
        RINGSCOPE_TRY(details->log, store.log(run, {.last = logLinesRead}));
        details->files = runFiles(store.path(), run, WithHash::Yes);
        if (other.text.empty()) return {};
        RINGSCOPE_TRY(details->other, store.load(other));
        return {};
    };
    store_.ask(Store::Access::ReadOnly, read, this, [this, details](const Result<void>& done) {
        loading_ = false;
        if (done.ok() && details->run.id == id_) take(details);
        if (!done.ok()) status_->setFullText(text(done.error().message));
        if (stale_ || details->run.id != id_) {
            stale_ = false;
            if (done.ok()) return load();
        }
        Q_EMIT idled();
    });
}

void RunPage::take(std::shared_ptr<Details> details) {
    details_ = std::move(details);
    showHead();
    showSteps();
    showRanks();
    showExperts();
    memory_->showRun(details_->run, details_->files);
    showLog();
    showConfiguration();
    showEnvironment();
    showFiles();
}

void RunPage::showHead() {
    const RunRecord& run = details_->run;
    name_->setFullText(text(run.name));
    QStringList parts{text(outcomeWords(run)), text(run.experiment), startedText(run.createdUs),
                      text(run.id.text)};
    if (!run.tags.empty()) parts << tr("tags %1").arg(text(join(run.tags, ", ")));
    if (run.pinned) parts << tr("pinned");
    if (run.archivedUs != 0) parts << tr("archived");
    if (const std::string words = historyWords(run); !words.empty()) parts << text(words);
    status_->setFullText(parts.join(QStringLiteral(" · ")));
    const bool bad = run.status == RunStatus::Failed || run.status == RunStatus::Lost;
    setRole(*status_, bad ? "bad" : "muted");
    note_->setText(text(run.note));
    note_->setVisible(!run.note.empty());
    const bool traced = !recordedRanks(details_->files).empty();
    timeline_->setEnabled(traced);
    timeline_->setToolTip(traced ? QString() : tr("It recorded no steps: profile.steps"));
}

void RunPage::showSteps() {
    const RunRecord& run = details_->run;
    const std::string& mode = run.config.parallel.mode;
    const RunHistory history = historyOf(run);
    const std::vector<StepRecord>& steps = history.steps;
    noSteps_->setVisible(steps.empty());
    const auto number = [](const StepRecord& step) { return static_cast<double>(step.step); };
    for (std::size_t i = static_cast<std::size_t>(loss_->points(mode)); i < steps.size(); ++i) {
        const StepRecord& step = steps[i];
        loss_->addPoint(mode, mode, number(step), step.loss);
        speed_->addPoint(mode, mode, number(step), tokensPerSecond(step));
        stepTime_->addPoint(mode, mode, number(step), milliseconds(step.duration));
    }
    for (LineChart* chart : {loss_, speed_, stepTime_}) chart->setCuts(history.cuts);
    showValidations(history);
    speedPanel_->setTable({tr("Step"), tr("Tokens/s")}, stepRows(steps, tokensPerSecond, "f", 0));
    stepPanel_->setTable(
        {tr("Step"), tr("ms")},
        stepRows(
            steps, [](const StepRecord& step) { return milliseconds(step.duration); }, "f", 2));
}

// Dots beside the line of the training loss, and columns of its table.
void RunPage::showValidations(const RunHistory& history) {
    const RunRecord& run = details_->run;
    const std::string series = "validation";
    const std::vector<ValidationRecord>& all = history.validations;
    for (auto i = static_cast<std::size_t>(loss_->points(series)); i < all.size(); ++i)
        loss_->addPoint(series, run.config.parallel.mode, static_cast<double>(all[i].step),
                        all[i].loss, LineChart::Form::Dots);
    std::vector<QStringList> rows = stepRows(
        history.steps, [](const StepRecord& step) { return step.loss; }, "f", 6);
    if (all.empty()) {
        lossPanel_->setTitle(tr("Loss"));
        return lossPanel_->setTable({tr("Step"), tr("Loss")}, rows);
    }
    const auto real = [](double value) { return QLocale::c().toString(value, 'f', 6); };
    lossPanel_->setTitle(tr("Loss · dots: validation, %1 (perplexity %2)")
                             .arg(real(all.back().loss), real(perplexityOf(all.back()))));
    std::map<QString, const ValidationRecord*> found;
    for (const ValidationRecord& each : all) found[QString::number(each.step)] = &each;
    for (QStringList& row : rows) {
        const auto of = found.find(row.front());
        const bool any = of != found.end();
        row << (any ? real(of->second->loss) : QString())
            << (any ? real(perplexityOf(*of->second)) : QString());
    }
    lossPanel_->setTable({tr("Step"), tr("Loss"), tr("Validation"), tr("Perplexity")}, rows);
}

void RunPage::showRanks() {
    std::vector<QStringList> rows;
    for (const RankRecord& rank : details_->run.rankRecords) {
        const bool known = rank.peakMemory.count > 0;
        const auto sent = [&](Bytes bytes) {
            return known ? text(formatBytes(bytes)) : tr("not known");
        };
        rows.push_back({QString::number(rank.rank), orNotKnown(rank.host),
                        QString::number(rank.pid), sizeOrNotKnown(rank.peakMemory),
                        sent(rank.attentionBytesPerStep), sent(rank.gradientBytesPerStep),
                        endOf(rank, details_->run.status)});
    }
    fill(*ranks_, rows);
}

// The last step that is kept, beside the first one.
void RunPage::showExperts() {
    const std::vector<RoutingRecord>& all = details_->run.routing;
    tabs_->setTabVisible(tabs_->indexOf(experts_), !all.empty());
    std::vector<QStringList> rows;
    auto first = all.begin();
    for (const RoutingRecord& record : lastRouting(all)) {
        const RoutingFigures figures = routingFigures(record);
        const RoutingFigures before = routingFigures(*first++);
        QStringList use;
        for (const std::int64_t tokens : record.use) use << QString::number(tokens);
        const auto real = [](double value) { return QLocale::c().toString(value, 'f', 3); };
        rows.push_back({QString::number(record.layer), real(figures.busiest),
                        tr("%1 of %2").arg(figures.unused).arg(record.use.size()),
                        real(figures.evenness), real(before.busiest), real(before.evenness),
                        use.join(QLatin1Char(' '))});
    }
    fill(*experts_, rows);
    const QString step = all.empty() ? QString() : tr("step %1").arg(all.back().step);
    experts_->setToolTip(step);
    experts_->setAccessibleDescription(step);
}

void RunPage::showLog() {
    if (!details_) return;
    std::vector<std::pair<QString, QString>> sources = {{allSources, tr("All")},
                                                        {QStringLiteral("-1"), tr("Agents")}};
    for (const RankRecord& rank : details_->run.rankRecords)
        sources.emplace_back(QString::number(rank.rank), tr("Rank %1").arg(rank.rank));
    source_->setChoices(sources);
    const QString source = source_->currentData().toString();
    const bool all = source == allSources || source.isEmpty();
    std::vector<LogLine> lines;
    std::ranges::copy_if(details_->log, std::back_inserter(lines),
                         [&](const LogLine& line) { return all || line.rank == source.toInt(); });
    const QString words = text(logText(lines, all));
    if (log_->toPlainText() == words) return;
    const bool atEnd = log_->verticalScrollBar()->value() == log_->verticalScrollBar()->maximum();
    const int place = log_->verticalScrollBar()->value();
    log_->setPlainText(words);
    log_->verticalScrollBar()->setValue(atEnd ? log_->verticalScrollBar()->maximum() : place);
}

void RunPage::findInLog() {
    const QString wanted = search_->text();
    const QString whole = log_->toPlainText();
    hits_->setText(wanted.isEmpty() ? QString()
                                    : countText(whole.count(wanted, Qt::CaseInsensitive), "hit"));
    if (wanted.isEmpty() || log_->find(wanted)) return;
    log_->moveCursor(QTextCursor::Start);  // round to the first one
    log_->find(wanted);
}

void RunPage::showConfiguration() {
    if (!details_) return;
    const bool other = details_->other.has_value();
    configuration_->setHorizontalHeaderLabels({tr("Field"), tr("Value"),
                                               other ? text(details_->other->name) : tr("Default"),
                                               tr("Meaning")});
    const RunConfig against = other ? details_->other->config : defaultsFor(details_->run.config);
    std::vector<QStringList> rows;
    for (const Field& field : fieldTable()) {
        const std::string value = field.get(details_->run.config);
        const std::string theirs = field.get(against);
        if (differing_->isChecked() && value == theirs) continue;
        rows.push_back({text(field.path), text(value), text(theirs), text(field.help)});
    }
    fill(*configuration_, rows);
}

void RunPage::showEnvironment() {
    std::vector<QStringList> rows;
    for (const RunFact& fact : whatRan({details_->run}))
        rows.push_back({text(fact.label), text(fact.text)});
    const RunOrigin& origin = details_->run.environment.origin;
    if (!origin.folder.empty()) rows.push_back({tr("folder"), text(origin.folder)});
    for (const std::string& note : details_->run.notes) rows.push_back({tr("note"), text(note)});
    fill(*environment_, rows);
}

void RunPage::showFiles() {
    std::vector<QStringList> rows;
    for (const RunFile& file : details_->files)
        rows.push_back({text(file.path.string()), text(formatBytes(file.size)),
                        file.sha256.empty() ? tr("too large to hash here") : text(file.sha256)});
    fill(*files_, rows);
}

void RunPage::showOthers() {
    std::vector<std::pair<QString, QString>> choices = {{QString(), tr("Defaults")}};
    for (const RunRecord& run : store_.runs())
        if (run.id != id_)
            choices.emplace_back(text(run.id.text),
                                 QStringLiteral("%1 · %2 · %3")
                                     .arg(text(run.name), shortStarted(run.createdUs),
                                          text(run.id.text.substr(0, 8))));
    other_->setChoices(choices);
}

}  // namespace ringscope::ui
