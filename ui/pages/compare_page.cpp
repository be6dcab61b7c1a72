#include "ui/pages/compare_page.h"

#include "backend/core/shell.h"
#include "backend/core/units.h"
#include "ui/look/theme.h"
#include "ui/models/comparison_model.h"
#include "ui/models/run_row.h"
#include "ui/plots/bar_chart.h"
#include "ui/plots/chart_panel.h"
#include "ui/widgets/parts.h"

#include <QHeaderView>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

namespace ringscope::ui {
namespace {

const QString selectionKey = QStringLiteral("selection");

// A byte figure's unit, the same for all bars of a chart.
struct ByteScale {
    double factor = 1;
    QString unit = QStringLiteral("B");
};

ByteScale byteScale(double most) {
    constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    double factor = 1;
    while (most * factor >= 1024 && unit + 1 < std::size(units)) {
        factor /= 1024;
        ++unit;
    }
    return {factor, QString::fromLatin1(units[unit])};
}

QString figureText(double value) {
    return value == 0 ? QStringLiteral("0") : text(formatSignificant(value));
}

using Figure = std::optional<Spread> RunGroup::*;

BarRow barOf(const RunGroup& group, Figure figure, double factor) {
    BarRow row{
        .label = text(group.label), .mode = group.mode, .value = {}, .predicted = {}, .shown = {}};
    const std::optional<Spread>& spread = group.*figure;
    if (!spread) {
        row.shown = group.failed > 0 ? ComparePage::tr("failed") : QStringLiteral("–");
        return row;
    }
    row.value = spread->median * factor;
    row.low = spread->low * factor;
    row.high = spread->high * factor;
    row.shown = figureText(*row.value);
    return row;
}

double largest(const Comparison& comparison, Figure figure) {
    double most = 0;
    for (const RunGroup* group : comparison.groups())
        if (group->*figure) most = std::max(most, (group->*figure)->high);
    return most;
}

void showBars(BarChart& chart, ChartPanel& panel, const QString& title,
              const std::vector<BarRow>& rows, bool predicted) {
    QStringList header{ComparePage::tr("Mode"), ComparePage::tr("Median"),
                       ComparePage::tr("Lowest"), ComparePage::tr("Highest")};
    if (predicted) header << ComparePage::tr("Predicted");
    std::vector<QStringList> cells;
    for (const BarRow& row : rows) {
        const auto figure = [&](double value) {
            return row.value ? figureText(value) : QStringLiteral("–");
        };
        QStringList line{row.label, row.shown, figure(row.low), figure(row.high)};
        if (predicted) line << (row.predicted ? figureText(*row.predicted) : QStringLiteral("–"));
        cells.push_back(line);
    }
    chart.setAccessibleName(title);
    chart.setRows(rows);
    panel.setTitle(title);
    panel.setTable(header, cells);
}

}  // namespace

ComparePage::ComparePage(StoreReader& store, std::string storeForCommand, QWidget* parent)
    : Page(parent),
      store_(store),
      storeForCommand_(std::move(storeForCommand)),
      stack_(new QStackedWidget),
      empty_(new EmptyState(tr("Nothing to compare yet"),
                            tr("Run an experiment under several modes, or select runs on the Runs "
                               "page and press Compare."),
                            tr("Run the demo"))),
      choice_(new ChoiceBox),
      verdict_(makeLabel({}, "head")),
      warnings_(makeLabel({}, "caution")),
      speed_(new BarChart),
      memory_(new BarChart),
      traffic_(new BarChart),
      exposed_(new BarChart),
      speedPanel_(new ChartPanel(tr("Tokens/s"), speed_)),
      memoryPanel_(new ChartPanel(tr("Peak memory"), memory_)),
      trafficPanel_(new ChartPanel(tr("Attention sent"), traffic_)),
      exposedPanel_(new ChartPanel(tr("Exposed communication"), exposed_)),
      model_(new ComparisonModel(this)),
      table_(new QTableView),
      command_(new CommandLine),
      report_(makeButton(Icon::Report, tr("Report…"))) {
    stack_->addWidget(empty_);
    stack_->addWidget(makeContent());
    column(this)->addWidget(stack_);
    connect(empty_->button(), &QPushButton::clicked, this, &ComparePage::demoRequested);
    connect(choice_, &QComboBox::currentIndexChanged, this, &ComparePage::load);
    connect(report_, &QPushButton::clicked, this, [this] { Q_EMIT reportRequested(runs()); });
    connect(&store_, &StoreReader::changed, this, &ComparePage::listChoices);
    listChoices();
}

QWidget* ComparePage::makeContent() {
    table_->setModel(model_);
    table_->setItemDelegate(new ComparisonDelegate(table_));
    table_->setShowGrid(false);
    table_->setAlternatingRowColors(false);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(scaled(28));
    table_->horizontalHeader()->setHighlightSections(false);
    table_->setWordWrap(false);
    table_->setAccessibleName(tr("Every figure of every mode"));
    verdict_->setWordWrap(true);
    verdict_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    warnings_->setWordWrap(true);

    auto* content = new QWidget;
    QVBoxLayout* layout = column(content, 16, 8);
    layout->addWidget(makeHead());
    layout->addWidget(verdict_);
    layout->addWidget(warnings_);
    layout->addWidget(makeCharts(), 2);
    layout->addWidget(table_, 3);
    layout->addWidget(command_);
    return content;
}

QWidget* ComparePage::makeHead() {
    auto* head = new QWidget;
    auto* line = row(head);
    choice_->setAccessibleName(tr("Runs to compare"));
    choice_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    choice_->setMinimumContentsLength(24);
    line->addWidget(makeLabel(tr("Compare"), "title"));
    line->addSpacing(8);
    line->addWidget(choice_, 1);
    line->addWidget(report_);
    return head;
}

QWidget* ComparePage::makeCharts() {
    auto* charts = new QWidget;
    auto* line = row(charts, 0, 8);
    for (ChartPanel* panel : this->charts()) line->addWidget(panel, 1);
    charts->setMinimumHeight(scaled(150));
    return charts;
}

void ComparePage::setRuns(std::vector<RunId> runs) {
    selected_ = std::move(runs);
    listChoices();
    const QSignalBlocker quiet(choice_);
    if (const int at = choice_->findData(selectionKey); at >= 0) choice_->setCurrentIndex(at);
    load();
}

std::vector<RunId> ComparePage::runs() const {
    const QString key = choice_->currentData().toString();
    if (key == selectionKey) return selected_;
    std::vector<RunId> ids;
    for (const RunRecord& run : store_.runs())
        if (text(run.experimentId) == key && !run.reference) ids.push_back(run.id);
    std::ranges::reverse(ids);  // oldest first: the order in which they ran
    return ids;
}

// One entry an experiment, the newest first, after the runs selected on the Runs page.
void ComparePage::listChoices() {
    struct Entry {
        QString key;
        QString name;
        std::int64_t runs = 0;
        std::int64_t createdUs = 0;
    };
    std::vector<Entry> entries;
    std::map<std::string, std::size_t> places;
    for (const RunRecord& run : store_.runs()) {
        if (run.reference) continue;
        const auto [place, fresh] = places.emplace(run.experimentId, entries.size());
        if (fresh) entries.push_back({text(run.experimentId), text(run.experiment)});
        ++entries[place->second].runs;
        entries[place->second].createdUs = run.createdUs;
    }
    std::vector<std::pair<QString, QString>> items;  // key, words
    if (!selected_.empty())
        items.emplace_back(selectionKey,
                           tr("Selected: %1").arg(countText(std::ssize(selected_), "run")));
    for (const Entry& entry : entries)
        items.emplace_back(entry.key, QStringLiteral("%1 · %2 · %3")
                                          .arg(entry.name, countText(entry.runs, "run"),
                                               startedText(entry.createdUs)));
    choice_->setChoices(items);
    stack_->setCurrentIndex(choice_->count() > 0 ? 1 : 0);
    load();
}

void ComparePage::load() {
    const std::vector<RunId> wanted = runs();
    if (wanted.empty()) return;
    std::vector<std::string> words = {"compare"};
    for (const RunId& id : wanted) words.push_back(id.text.substr(0, 8));
    command_->setCommand(text(ringscopeCommand(storeForCommand_, words)));
    store_.load(wanted, this, [this, wanted](const Result<std::vector<RunRecord>>& loaded) {
        if (wanted == runs()) showLoaded(loaded);
    });
}

void ComparePage::showLoaded(const Result<std::vector<RunRecord>>& loaded) {
    Result<Comparison> compared =
        loaded.ok() ? compareRuns(*loaded) : Result<Comparison>(loaded.error());
    comparison_.reset();
    setRole(*verdict_, compared.ok() ? "head" : "bad");
    if (!compared.ok()) {
        verdict_->setText(text(compared.error().message));
        model_->setComparison(std::nullopt);
        return;
    }
    comparison_ = std::move(*compared);
    verdict_->setText(text(comparison_->verdict));
    QStringList warnings;
    for (const std::string& warning : comparison_->warnings) warnings << text(warning);
    warnings_->setText(warnings.join(QLatin1Char('\n')));
    warnings_->setVisible(!warnings.empty());
    model_->setComparison(comparison_);
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    table_->resizeRowsToContents();
    showCharts();
    Q_EMIT shown();
}

void ComparePage::showCharts() {
    const Comparison& comparison = *comparison_;
    const ByteScale memory = byteScale(largest(comparison, &RunGroup::peakBytes));
    const ByteScale traffic =
        byteScale(std::max(largest(comparison, &RunGroup::attentionBytesPerStep),
                           largest(comparison, &RunGroup::predictedAttentionBytesPerStep)));
    std::vector<BarRow> speeds;
    std::vector<BarRow> peaks;
    std::vector<BarRow> sent;
    std::vector<BarRow> exposed;
    for (const RunGroup* group : comparison.groups()) {
        speeds.push_back(barOf(*group, &RunGroup::tokensPerSecond, 1));
        peaks.push_back(barOf(*group, &RunGroup::peakBytes, memory.factor));
        sent.push_back(barOf(*group, &RunGroup::attentionBytesPerStep, traffic.factor));
        exposed.push_back(barOf(*group, &RunGroup::exposedMs, 1));
        if (group->predictedAttentionBytesPerStep)
            sent.back().predicted = group->predictedAttentionBytesPerStep->median * traffic.factor;
    }
    showBars(*speed_, *speedPanel_, tr("Tokens/s"), speeds, false);
    showBars(*memory_, *memoryPanel_, tr("Peak memory, %1 on one rank").arg(memory.unit), peaks,
             false);
    showBars(*traffic_, *trafficPanel_,
             tr("Attention %1/step · outline: predicted").arg(traffic.unit), sent, true);
    showBars(*exposed_, *exposedPanel_, tr("Exposed, ms/step"), exposed, false);
    exposedPanel_->setVisible(
        std::ranges::any_of(exposed, [](const BarRow& row) { return row.value.has_value(); }));
}

}  // namespace ringscope::ui
