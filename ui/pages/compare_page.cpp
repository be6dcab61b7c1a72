#include "ui/pages/compare_page.h"

#include "backend/core/shell.h"
#include "backend/core/units.h"
#include "backend/report/wording.h"
#include "ui/look/theme.h"
#include "ui/models/comparison_model.h"
#include "ui/models/run_row.h"
#include "ui/plots/bar_chart.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/curve_chart.h"
#include "ui/widgets/parts.h"

#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <map>

namespace ringscope::ui {
namespace {

const QString selectionKey = QStringLiteral("selection");
const QString barsKey = QStringLiteral("bars");

QString figureText(double value) {
    return value == 0 ? QStringLiteral("0") : text(formatSignificant(value));
}

using GroupFigure = std::optional<Spread> RunGroup::*;

BarRow barOf(const RunGroup& group, GroupFigure figure, double factor) {
    BarRow row{.label = text(group.rowLabel),
               .mode = group.mode,
               .value = {},
               .predicted = {},
               .shown = {}};
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

double largest(const Comparison& comparison, GroupFigure figure) {
    double most = 0;
    for (const RunGroup* group : comparison.groups())
        if (group->*figure) most = std::max(most, (group->*figure)->high);
    return most;
}

BarRow headingRow(const std::string& title) {
    BarRow row{.label = text(title), .mode = {}, .value = {}, .predicted = {}, .shown = {}};
    row.heading = true;
    return row;
}

// A figure of the comparison in the unit of its chart.
struct ChartFigure {
    GroupFigure spread = nullptr;
    double factor = 1;
    GroupFigure predicted = nullptr;  // an outline; nothing: none
};

std::vector<BarRow> barsOf(const Comparison& comparison, const ChartFigure& figure) {
    const std::vector<const RunGroup*> groups = comparison.groups();
    std::vector<BarRow> rows;
    for (const Section& section : comparison.sections) {
        if (const std::string title = section.title(); !title.empty())
            rows.push_back(headingRow(title));
        for (const std::size_t index : section.groups) {
            const RunGroup& group = *groups[index];
            rows.push_back(barOf(group, figure.spread, figure.factor));
            if (figure.predicted && group.*figure.predicted)
                rows.back().predicted = (group.*figure.predicted)->median * figure.factor;
        }
    }
    return rows;
}

CurveSeries seriesOf(const Comparison& comparison, const Curve& curve, GroupFigure figure,
                     double factor) {
    const std::vector<const RunGroup*> groups = comparison.groups();
    CurveSeries series{text(curve.label), curve.mode, {}};
    for (const CurvePoint& point : curve.points)
        if (const std::optional<Spread>& spread = groups[point.group]->*figure)
            series.points.push_back(
                {point.at, spread->median * factor, spread->low * factor, spread->high * factor});
    return series;
}

// Charts that grow with their rows and are scrolled where the page has less room.
QScrollArea* scrolled(QWidget* chart) {
    auto* area = new QScrollArea;
    area->setWidget(chart);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return area;
}

void showBars(BarChart& chart, ChartPanel& panel, const QString& title,
              const std::vector<BarRow>& rows, bool predicted) {
    QStringList header{ComparePage::tr("Mode"), ComparePage::tr("Median"),
                       ComparePage::tr("Lowest"), ComparePage::tr("Highest")};
    if (predicted) header << ComparePage::tr("Predicted");
    std::vector<QStringList> cells;
    for (const BarRow& row : rows) {
        if (row.heading) {
            cells.push_back({row.label});
            continue;
        }
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
      baselineChoice_(new ChoiceBox),
      view_(new ChoiceBox),
      verdict_(makeLabel({}, "head")),
      warnings_(makeLabel({}, "caution")),
      speed_(new BarChart),
      memory_(new BarChart),
      traffic_(new BarChart),
      exposed_(new BarChart),
      speedPanel_(new ChartPanel(tr("Tokens/s"), scrolled(speed_))),
      memoryPanel_(new ChartPanel(tr("Peak memory"), scrolled(memory_))),
      trafficPanel_(new ChartPanel(tr("Attention sent"), scrolled(traffic_))),
      exposedPanel_(new ChartPanel(tr("Exposed communication"), scrolled(exposed_))),
      views_(new QStackedWidget),
      legend_(new CurveLegend),
      model_(new ComparisonModel(this)),
      table_(new QTableView),
      command_(new CommandLine),
      report_(makeButton(Icon::Report, tr("Report…"))) {
    stack_->addWidget(empty_);
    stack_->addWidget(makeContent());
    column(this)->addWidget(stack_);
    connect(empty_->button(), &QPushButton::clicked, this, &ComparePage::demoRequested);
    connect(choice_, &QComboBox::currentIndexChanged, this, &ComparePage::load);
    connect(baselineChoice_, &QComboBox::currentIndexChanged, this, &ComparePage::load);
    connect(view_, &QComboBox::currentIndexChanged, this, &ComparePage::showView);
    connect(report_, &QPushButton::clicked, this, [this] {
        if (const std::optional<RunId> chosen = baseline())
            Q_EMIT reportOverRequested(runs(), *chosen);
        else
            Q_EMIT reportRequested(runs());
    });
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
    whenZoomed(*table_, [this] { table_->verticalHeader()->setDefaultSectionSize(scaled(28)); });
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setTextElideMode(Qt::ElideRight);
    table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table_->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(table_, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        const QModelIndex index = table_->indexAt(at);
        useAsBaseline(index.row(), index.column(), table_->viewport()->mapToGlobal(at));
    });
    QHeaderView* header = table_->horizontalHeader();
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QWidget::customContextMenuRequested, this, [this, header](const QPoint& at) {
        useAsBaseline(-1, header->logicalIndexAt(at), header->mapToGlobal(at));
    });
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
    views_->addWidget(makeCharts());
    views_->addWidget(makeCurves());
    layout->addWidget(views_, 2);
    layout->addWidget(table_, 3);
    layout->addWidget(command_);
    return content;
}

QWidget* ComparePage::makeHead() {
    auto* head = new QWidget;
    auto* line = row(head);
    choice_->setAccessibleName(tr("Runs to compare"));
    choice_->setShortest(14);
    line->addWidget(makeLabel(tr("Compare"), "title"));
    line->addSpacing(8);
    line->addWidget(choice_, 1);
    baselineChoice_->setAccessibleName(tr("Baseline"));
    baselineChoice_->setToolTip(tr("What the others are divided by"));
    view_->setAccessibleName(tr("What the charts show"));
    for (ChoiceBox* box : {baselineChoice_, view_})
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    line->addWidget(baselineChoice_);
    line->addWidget(view_);
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

QWidget* ComparePage::makeCurves() {
    auto* page = new QWidget;
    auto* line = row();
    for (std::size_t i = 0; i < curves_.size(); ++i) {
        curves_[i] = new CurveChart;
        curvePanels_[i] = new ChartPanel({}, curves_[i]);
        line->addWidget(curvePanels_[i], 1);
    }
    QVBoxLayout* layout = column(page, 0, 4);
    layout->addWidget(legend_);
    layout->addLayout(line, 1);
    return page;
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
    const std::optional<RunId> chosen = baseline();
    if (chosen) words.insert(words.end(), {"--baseline", chosen->text.substr(0, 8)});
    command_->setCommand(text(ringscopeCommand(storeForCommand_, words)));
    store_.load(wanted, this, [this, wanted, chosen](Result<std::vector<RunRecord>> loaded) {
        if (loaded.ok() && chosen) markBaseline(*loaded, {*chosen});
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
    fitTable();
    listBaselines();
    showCharts();
    families_ = curveFamilies(*comparison_);
    listViews();
    showView();
    Q_EMIT shown();
}

// A few groups share the width; many are as wide as their figures, and scrolled.
void ComparePage::fitTable() {
    const bool rows = model_->groupsAreRows();
    table_->clearSpans();
    for (int row = 0; row < model_->rowCount(); ++row)
        if (model_->isHeading(row)) table_->setSpan(row, 0, 1, model_->columnCount());
    table_->horizontalHeader()->setSectionResizeMode(rows ? QHeaderView::ResizeToContents
                                                          : QHeaderView::Stretch);
    table_->resizeRowsToContents();
}

std::optional<RunId> ComparePage::baseline() const {
    const std::string key = baselineChoice_->currentData().toString().toStdString();
    if (key.empty()) return std::nullopt;
    const std::vector<RunId> all = runs();
    const RunId id{key};
    return std::ranges::find(all, id) == all.end() ? std::nullopt : std::optional(id);
}

// The experiment's own, and each name that a row has: in the other sections the group of the same
// mode stands in for it.
void ComparePage::listBaselines() {
    std::vector<std::pair<QString, QString>> items = {{QString(), tr("Baseline: as run")}};
    std::vector<std::string> names;
    const std::vector<const RunGroup*> groups = comparison_->groups();
    const std::optional<RunId> chosen = baseline();
    for (const RunGroup* group : groups) {
        if (std::ranges::find(names, group->rowLabel) != names.end()) continue;
        names.push_back(group->rowLabel);
        const bool isChosen =
            chosen && std::ranges::find(group->runs, *chosen) != group->runs.end();
        const RunId& id = isChosen ? *chosen : group->runs.front();
        items.emplace_back(text(id.text), tr("Baseline: %1").arg(text(group->rowLabel)));
    }
    baselineChoice_->setChoices(items);
    baselineChoice_->setVisible(groups.size() > 1);
}

void ComparePage::useAsBaseline(int row, int column, const QPoint& at) {
    const RunGroup* group = model_->groupAt(row, column);
    if (group == nullptr) return;
    const QString key = text(group->runs.front().text);
    const QString words = tr("Baseline: %1").arg(text(group->label));
    QMenu menu;
    menu.addAction(tr("Use %1 as the baseline").arg(text(group->label)), this, [this, key, words] {
        if (baselineChoice_->findData(key) < 0) {
            const QSignalBlocker quiet(baselineChoice_);
            baselineChoice_->addItem(words, key);
        }
        baselineChoice_->setCurrentIndex(baselineChoice_->findData(key));
    });
    menu.exec(at);
}

void ComparePage::listViews() {
    const bool first = view_->count() < 2;
    std::vector<std::pair<QString, QString>> items = {{barsKey, tr("Bars")}};
    for (const CurveFamily& family : families_) {
        const QString over = tr("Over %1").arg(text(curveAxisName(family.axis)));
        const QString words =
            family.shared.empty() ? over : QStringLiteral("%1 · %2").arg(over, text(family.shared));
        items.emplace_back(words, words);
    }
    view_->setChoices(items);
    view_->setVisible(!families_.empty());
    if (!first || families_.empty()) return;
    const QSignalBlocker quiet(view_);  // of a sweep the curves are the answer
    view_->setCurrentIndex(1);
}

void ComparePage::showView() {
    const int at = view_->currentIndex() - 1;
    const bool curves = comparison_ && at >= 0 && at < static_cast<int>(families_.size());
    views_->setCurrentIndex(curves ? 1 : 0);
    if (curves) showCurves(families_[static_cast<std::size_t>(at)]);
}

void ComparePage::showCurves(const CurveFamily& family) {
    const reporting::ByteUnit unit =
        reporting::byteUnit(largest(*comparison_, &RunGroup::peakBytes));
    struct Shown {
        QString title;
        GroupFigure figure;
        double factor;
    };
    const std::array<Shown, 3> shown = {
        Shown{tr("Tokens/s"), &RunGroup::tokensPerSecond, 1},
        Shown{tr("Step time, ms"), &RunGroup::stepMs, 1},
        Shown{tr("Peak memory, %1 on one rank").arg(text(unit.name)), &RunGroup::peakBytes,
              1 / unit.bytes}};
    const QString axis = family.axis == CurveAxis::Length ? tr("tokens") : tr("ranks");
    for (std::size_t i = 0; i < shown.size(); ++i) {
        std::vector<CurveSeries> series;
        std::vector<QStringList> cells;
        for (const Curve& curve : family.curves) {
            series.push_back(seriesOf(*comparison_, curve, shown[i].figure, shown[i].factor));
            for (const CurveSeries::Point& point : series.back().points)
                cells.push_back({series.back().label, text(formatCount(std::llround(point.at))),
                                 figureText(point.value), figureText(point.low),
                                 figureText(point.high)});
        }
        curves_[i]->setAccessibleName(shown[i].title);
        legend_->setCurves(series);
        curves_[i]->setCurves(std::move(series), axis);
        curvePanels_[i]->setTitle(shown[i].title);
        curvePanels_[i]->setTable({tr("Mode"), axis, tr("Median"), tr("Lowest"), tr("Highest")},
                                  cells);
    }
}

void ComparePage::showCharts() {
    const Comparison& comparison = *comparison_;
    const reporting::ByteUnit memory =
        reporting::byteUnit(std::max(largest(comparison, &RunGroup::peakBytes),
                                     largest(comparison, &RunGroup::predictedPeakBytes)));
    const reporting::ByteUnit traffic = reporting::byteUnit(
        std::max(largest(comparison, &RunGroup::attentionBytesPerStep),
                 largest(comparison, &RunGroup::predictedAttentionBytesPerStep)));
    const std::vector<BarRow> exposed =
        barsOf(comparison, {&RunGroup::exposedMs, 1, &RunGroup::predictedExposedMs});
    const bool foretold = largest(comparison, &RunGroup::predictedStepMs) > 0;
    const auto titled = [&](const QString& title) {
        return foretold ? tr("%1; outline: predicted").arg(title) : title;
    };
    showBars(
        *speed_, *speedPanel_, titled(tr("Tokens/s")),
        barsOf(comparison, {&RunGroup::tokensPerSecond, 1, &RunGroup::predictedTokensPerSecond}),
        foretold);
    showBars(
        *memory_, *memoryPanel_,
        tr("Peak memory, %1 on one rank; outline: predicted").arg(text(memory.name)),
        barsOf(comparison, {&RunGroup::peakBytes, 1 / memory.bytes, &RunGroup::predictedPeakBytes}),
        true);
    showBars(*traffic_, *trafficPanel_,
             tr("Attention sent, %1/step; outline: predicted").arg(text(traffic.name)),
             barsOf(comparison, {&RunGroup::attentionBytesPerStep, 1 / traffic.bytes,
                                 &RunGroup::predictedAttentionBytesPerStep}),
             true);
    showBars(*exposed_, *exposedPanel_, titled(tr("Exposed, ms/step")), exposed, foretold);
    exposedPanel_->setVisible(
        std::ranges::any_of(exposed, [](const BarRow& row) { return row.value.has_value(); }));
}

}  // namespace ringscope::ui
