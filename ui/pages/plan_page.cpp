#include "ui/pages/plan_page.h"

#include "backend/config/field_table.h"
#include "backend/core/plain_text.h"
#include "backend/core/shell.h"
#include "backend/core/units.h"
#include "backend/machine/machine_table.h"
#include "backend/plan/planned_ranks.h"
#include "backend/report/derivation.h"
#include "ui/look/theme.h"
#include "ui/models/forecast_model.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/curve_chart.h"
#include "ui/timeline/legend.h"
#include "ui/timeline/timeline_view.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/log_slider.h"
#include "ui/widgets/parts.h"

#include <QButtonGroup>
#include <QEvent>
#include <QFileDialog>
#include <QHeaderView>
#include <QMessageBox>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

namespace ringscope::ui {

// What the colours of the bars mean.
class StepPartsLegend : public LegendLine {
public:
    StepPartsLegend() { sayColours(); }

protected:
    QStringList words() const override {
        QStringList all;
        for (const StepPart& part : stepParts()) all << ForecastDelegate::tr(part.words);
        return all;
    }
    void paintSwatch(QPainter& painter, const QRectF& box, int entry) const override {
        paintStepPart(painter, box, stepParts()[static_cast<std::size_t>(entry)],
                      inkOf(*this).dark);
    }
};

namespace {

constexpr double gigabyte = 1e9;
constexpr std::size_t runsForErrorBar = 200;  // of which forty may count

std::optional<double> wholeNumber(const QString& typed, std::int64_t most) {
    const std::optional<std::int64_t> number =
        parseInteger(typed.trimmed().remove(QLatin1Char(',')).toStdString());
    if (!number || *number < 1 || *number > most) return std::nullopt;
    return static_cast<double>(*number);
}

// As experiments write lengths: 128k.
std::optional<double> tokensTyped(const QString& typed) {
    RunConfig config;
    const std::string plain = typed.trimmed().remove(QLatin1Char(',')).toStdString();
    if (!findField("train.seq_len")->set(config, plain).ok()) return std::nullopt;
    return static_cast<double>(config.train.seqLen);
}

std::optional<double> gigabytesTyped(const QString& typed) {
    const std::optional<double> number = parseReal(typed.trimmed().toStdString());
    if (!number || *number <= 0 || *number > 1e6) return std::nullopt;
    return *number * gigabyte;
}

// The bars have what the figures leave, and not less than their heading needs.
void fitBars(QTableView& table) {
    QHeaderView& header = *table.horizontalHeader();
    int taken = 0;
    for (int column = 0; column < header.count(); ++column)
        if (column != ForecastModel::PartsColumn) taken += header.sectionSize(column);
    header.resizeSection(ForecastModel::PartsColumn,
                         std::max(scaled(170), table.viewport()->width() - taken));
}

// Of the table, which owns it, whenever that is resized.
class BarFitter : public QObject {
public:
    explicit BarFitter(QTableView& table) : QObject(&table), table_(table) {
        table.viewport()->installEventFilter(this);
    }
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Resize) fitBars(table_);
        return QObject::eventFilter(watched, event);
    }

private:
    QTableView& table_;
};

QString countOf(double value) { return text(formatCount(std::llround(value))); }
QString gigabytesOf(double value) { return text(formatSignificant(value / gigabyte)); }

}  // namespace

PlanPage::PlanPage(StoreReader& store, ExperimentDraft sample, std::string storeForCommand,
                   QWidget* parent)
    : Page(parent),
      store_(store),
      storeForCommand_(std::move(storeForCommand)),
      source_(new ElidedLabel(Qt::ElideLeft)),
      fromNewRun_(makeButton(Icon::NewRun, tr("As in New run"))),
      machine_(new ChoiceBox),
      ranks_(new LogSlider(
          tr("Ranks"), tr("a whole number up to %1").arg(countOf(mostPlannedRanks)),
          [](const QString& typed) { return wholeNumber(typed, mostPlannedRanks); }, countOf)),
      tokens_(new LogSlider(tr("Tokens of a sequence"), tr("a number like 131072 or 128k"),
                            tokensTyped, countOf)),
      bandwidth_(
          new LogSlider(tr("Link, GB/s"), tr("a number above 0"), gigabytesTyped, gigabytesOf)),
      about_(makeSelectableLabel("muted")),
      problem_(makeSelectableLabel("bad")),
      notes_(makeSelectableLabel("caution")),
      advice_(makeSelectableLabel()),
      model_(new ForecastModel(this)),
      table_(new QTableView),
      partsLegend_(new StepPartsLegend),
      derivation_(makeSelectableLabel()),
      curves_(new CurveChart),
      curvePanel_(new ChartPanel({}, curves_)),
      curveLegend_(new CurveLegend),
      crossover_(makeSelectableLabel()),
      axes_(new QButtonGroup(this)),
      stepTitle_(makeLabel({}, "section")),
      timeline_(new TimelineView),
      timelineLegend_(new TimelineLegend),
      command_(new CommandLine) {
    question_.draft = sample;
    offered_ = std::move(sample);
    timer_.setInterval(200);
    timer_.setSingleShot(true);

    answers_ = new QWidget;
    QVBoxLayout* filled = column(answers_, 0, 8);
    filled->addWidget(advice_);
    filled->addWidget(makeTable());
    filled->addWidget(makeCurves());
    filled->addWidget(makeStep());
    auto* body = new QWidget;
    QVBoxLayout* inside = column(body, 0, 8);
    inside->addWidget(makeChoices());
    inside->addWidget(about_);
    inside->addWidget(problem_);
    inside->addWidget(notes_);
    inside->addWidget(answers_);
    inside->addStretch();
    QScrollArea* scroll = scrolling(body);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    QVBoxLayout* layout = column(this, 16, 8);
    layout->addWidget(makeHead());
    layout->addWidget(scroll, 1);
    layout->addWidget(command_);
    for (QWidget* filledLater : {static_cast<QWidget*>(problem_), static_cast<QWidget*>(notes_),
                                 static_cast<QWidget*>(command_), answers_})
        filledLater->hide();

    connect(&timer_, &QTimer::timeout, this, &PlanPage::askNow);
    connect(&forecaster_, &Forecaster::answered, this, &PlanPage::showForecast);
    connect(&forecaster_, &Forecaster::swept, this, &PlanPage::showCurves);
    connect(&forecaster_, &Forecaster::traced, this, &PlanPage::showTrace);
    connect(&forecaster_, &Forecaster::advised, this, &PlanPage::showAdvice);
    connect(&forecaster_, &Forecaster::idled, this, &PlanPage::idled);
    connect(machine_, &QComboBox::currentIndexChanged, this, [this] {
        question_.machine = machine_->currentData().toString().toStdString();
        question_.bandwidth.reset();  // of another link
        askSoon();
    });
    connect(ranks_, &LogSlider::chose, this, [this](double value) {
        question_.ranks = std::llround(value);
        question_.bandwidth.reset();  // they may reach each other over another link
        askSoon();
    });
    connect(tokens_, &LogSlider::chose, this, [this](double value) {
        question_.tokens = std::llround(value);
        askSoon();
    });
    connect(bandwidth_, &LogSlider::chose, this, [this](double value) {
        question_.bandwidth = value;
        askSoon();
    });
    listMachines();
    takeDraft(question_.draft, false);
}

QWidget* PlanPage::makeHead() {
    auto* head = new QWidget;
    auto* line = row(head);
    auto* open = makeButton(Icon::Open, tr("Open…"));
    connect(open, &QPushButton::clicked, this, &PlanPage::chooseFile);
    connect(fromNewRun_, &QPushButton::clicked, this, [this] { takeDraft(offered_, false); });
    fromNewRun_->setToolTip(tr("Plans the experiment of the New run page"));
    source_->setProperty("role", "muted");
    line->addWidget(makeLabel(tr("Plan"), "title"));
    line->addSpacing(8);
    line->addWidget(source_, 1);
    line->addWidget(fromNewRun_);
    line->addWidget(open);
    return head;
}

QWidget* PlanPage::makeChoices() {
    QFrame* card = makeCard();
    auto* inside = new QWidget;
    auto* line = new FlowLayout(inside, 16);
    auto* choice = new QWidget;
    QVBoxLayout* stacked = column(choice, 0, 4);
    machine_->setAccessibleName(tr("Machine"));
    machine_->setShortest(16);
    auto* file = makeButton(Icon::Open, tr("File…"));
    file->setToolTip(tr("A machine of your own, as YAML"));
    connect(file, &QPushButton::clicked, this, &PlanPage::chooseMachineFile);
    auto* names = row(nullptr, 0, 8);
    names->addWidget(machine_, 1);
    names->addWidget(file);
    stacked->addWidget(makeLabel(tr("Machine"), "small"));
    stacked->addLayout(names);
    stacked->addStretch();
    line->addWidget(choice);
    ranks_->setReach(1, 10);
    tokens_->setReach(1024, 14);
    for (LogSlider* slider : {ranks_, tokens_, bandwidth_}) line->addWidget(slider);
    column(card, 12)->addWidget(inside);
    return card;
}

QWidget* PlanPage::makeTable() {
    auto* part = new QWidget;
    QVBoxLayout* layout = column(part, 0, 8);
    table_->setModel(model_);
    table_->setItemDelegate(new ForecastDelegate(table_));
    table_->setShowGrid(false);
    table_->setWordWrap(false);
    table_->setTabKeyNavigation(false);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setAccessibleName(tr("Modes on the machine"));
    table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    table_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    table_->verticalHeader()->hide();
    QHeaderView* header = table_->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    header->setSectionResizeMode(ForecastModel::PartsColumn, QHeaderView::Fixed);
    new BarFitter(*table_);
    whenZoomed(*table_, [this] {
        table_->verticalHeader()->setDefaultSectionSize(scaled(28));
        table_->horizontalHeader()->setMinimumSectionSize(scaled(40));
        fitTable();
    });
    connect(table_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& now, const QModelIndex& before) {
                showDerivation();
                if (now.row() == before.row() || !now.isValid() || !forecast_) return;
                const ModeForecast& mode = model_->forecast(now.row());
                if (mode.prediction && mode.mode != traced_)
                    forecaster_.trace(forecast_, traced_ = mode.mode);
            });
    QFrame* card = makeCard();
    QVBoxLayout* inside = column(card, 12, 4);
    inside->addWidget(makeLabel(tr("How the selected figure comes about"), "small"));
    inside->addWidget(derivation_);
    whenZoomed(*derivation_, [this] { derivation_->setMinimumHeight(scaled(52)); });
    derivation_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    layout->addWidget(table_);
    layout->addWidget(partsLegend_);
    layout->addWidget(card);
    return part;
}

QWidget* PlanPage::makeCurves() {
    auto* part = new QWidget;
    QVBoxLayout* layout = column(part, 0, 4);
    auto* head = row(nullptr, 0, 0);
    head->addWidget(makeLabel(tr("Where the fastest changes"), "section"), 1);
    const std::pair<SweepAxis, QString> axes[] = {{SweepAxis::Length, tr("Over length")},
                                                  {SweepAxis::Bandwidth, tr("Over bandwidth")}};
    axes_->setExclusive(true);
    for (const auto& [axis, words] : axes) {
        QPushButton* button = makeSegment(words, axis == SweepAxis::Bandwidth);
        button->setChecked(axis == axis_);
        axes_->addButton(button, int(axis));
        head->addWidget(button);
    }
    connect(axes_, &QButtonGroup::idClicked, this, [this](int axis) { showAxis(SweepAxis(axis)); });
    layout->addLayout(head);
    layout->addWidget(crossover_);
    layout->addWidget(curveLegend_);
    whenZoomed(*curvePanel_, [this] { curvePanel_->setFixedHeight(scaled(280)); });
    layout->addWidget(curvePanel_);
    return part;
}

QWidget* PlanPage::makeStep() {
    auto* part = new QWidget;
    QVBoxLayout* layout = column(part, 0, 4);
    stepTitle_->setWordWrap(true);
    layout->addWidget(stepTitle_);
    whenZoomed(*timeline_, [this] { timeline_->setFixedHeight(scaled(280)); });
    layout->addWidget(timeline_);
    layout->addWidget(timelineLegend_);
    return part;
}

void PlanPage::listMachines() {
    std::vector<std::pair<QString, QString>> items;
    if (const Result<Machine> here = findMachine(std::string(thisMachine)); here.ok())
        items.emplace_back(text(thisMachine), tr("this machine"));
    for (const Machine& machine : shippedMachines())
        items.emplace_back(text(machine.name), text(machine.name));
    if (!machineFile_.isEmpty())
        items.emplace_back(machineFile_, fileNameOf(machineFile_.toStdString()));
    machine_->setChoices(items);
    question_.machine = machine_->currentData().toString().toStdString();
}

void PlanPage::setMachine(const QString& name) {
    if (machine_->findData(name) < 0) {
        machineFile_ = name;
        listMachines();
    }
    machine_->setCurrentIndex(machine_->findData(name));
}

void PlanPage::offerDraft(const ExperimentDraft& draft) {
    offered_ = draft;
    if (!openedHere_) takeDraft(draft, false);
}

void PlanPage::takeDraft(const ExperimentDraft& draft, bool openedHere) {
    openedHere_ = openedHere;
    question_.draft = draft;
    question_.ranks.reset();
    question_.tokens.reset();
    question_.bandwidth.reset();
    source_->setFullText(sourceWords(draft));
    askSoon();
}

QString PlanPage::openFile(const QString& file) {
    const Result<ExperimentDraft> draft = draftOfFile(file.toStdString(), offered_.environment);
    if (!draft.ok()) return text(draft.error().message);
    takeDraft(*draft);
    return {};
}

void PlanPage::refresh() {
    listMachines();
    askSoon();
}

bool PlanPage::settled() const {
    return !isVisible() || (!timer_.isActive() && !stale_ && forecaster_.idle());
}

// A page that is not seen costs nothing.
void PlanPage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    if (stale_) timer_.start();
}

void PlanPage::askSoon() {
    stale_ = true;
    if (isVisible()) timer_.start();
}

void PlanPage::askNow() {
    timer_.stop();
    stale_ = false;
    question_.newest.clear();
    if (question_.machine == thisMachine) {
        const std::vector<RunRecord>& runs = store_.allRuns();
        question_.newest.assign(
            runs.begin(), runs.begin() + std::min(std::ssize(runs),
                                                  static_cast<std::ptrdiff_t>(runsForErrorBar)));
    }
    forecaster_.ask(question_);
}

void PlanPage::showForecast(const std::shared_ptr<const Forecast>& forecast) {
    forecast_ = forecast;
    const bool known = forecast->problem.empty();
    problem_->setVisible(!known);
    problem_->setText(text(forecast->problem));
    answers_->setVisible(known);
    // No command knows the sample, or a link of another speed.
    command_->setVisible(known && !question_.draft.fileName.empty() && question_.draft.onDisk &&
                         !question_.bandwidth);
    QStringList notes;
    for (const std::string& note : forecast->notes) notes << text(note);
    notes_->setVisible(!notes.empty());
    notes_->setText(notes.join(QLatin1Char(' ')));
    about_->setVisible(known);
    if (!known) return;
    showChoices();
    model_->setForecasts(forecast->modes);
    fitTable();
    advice_->setText(tr("Every split of the ranks is being tried…"));
    traced_.clear();
    const bool any = model_->rowCount() > 0 && model_->forecast(0).prediction.has_value();
    table_->setCurrentIndex(any ? model_->index(0, ForecastModel::StepColumn) : QModelIndex());
    showDerivation();
    showCommand();
    forecaster_.sweep(forecast_, axis_);
    forecaster_.advise(forecast_);
}

void PlanPage::showChoices() {
    const Machine& machine = forecast_->machine;
    about_->setText(tr("%1: %2%3. Predictions ± %4 %: %5.")
                        .arg(text(machine.name), text(machine.about),
                             machine.measured.empty()
                                 ? QString()
                                 : tr(", measured on %1").arg(text(machine.measured)))
                        .arg(machine.error.percent, 0, 'f', 0)
                        .arg(text(machine.error.source)));
    ranks_->setValue(static_cast<double>(forecast_->ranks));
    tokens_->setValue(static_cast<double>(forecast_->config.train.seqLen));
    bandwidth_->setTitle(tr("Link %1, GB/s").arg(text(forecast_->link)));
    bandwidth_->setReach(forecast_->ownBandwidth / 16, 8);
    bandwidth_->setValue(forecast_->bandwidth);
}

// As high as its rows: the page is scrolled, not the table.
void PlanPage::fitTable() {
    table_->clearSpans();
    for (int row = 0; row < model_->rowCount(); ++row)
        if (!model_->forecast(row).prediction)
            table_->setSpan(row, ForecastModel::StepColumn, 1,
                            ForecastModel::ColumnCount - ForecastModel::StepColumn);
    fitBars(*table_);
    const int rows = model_->rowCount() * table_->verticalHeader()->defaultSectionSize();
    table_->setFixedHeight(rows + table_->horizontalHeader()->sizeHint().height() +
                           table_->horizontalScrollBar()->sizeHint().height() + scaled(4));
}

void PlanPage::showDerivation() {
    const QModelIndex at = table_->currentIndex();
    const std::optional<PredictedFigure> figure = ForecastModel::figureOf(at.column());
    if (!at.isValid() || !forecast_) return derivation_->setText(tr("Select a figure."));
    const ModeForecast& mode = model_->forecast(at.row());
    if (!mode.prediction) return derivation_->setText(text(mode.reason));
    const QString words = text(derivationText(*mode.prediction, forecast_->machine,
                                              figure.value_or(PredictedFigure::Step)));
    derivation_->setText(QStringLiteral("%1: %2").arg(text(mode.mode), words));
}

void PlanPage::showAxis(SweepAxis axis) {
    axis_ = axis;
    axes_->button(int(axis))->setChecked(true);
    if (forecast_ && forecast_->problem.empty()) forecaster_.sweep(forecast_, axis_);
}

void PlanPage::showCurves(const std::shared_ptr<const ForecastCurves>& curves) {
    const bool length = curves->axis == SweepAxis::Length;
    const double divisor = length ? 1 : gigabyte;
    const QString axis =
        length ? tr("tokens of a sequence") : tr("GB/s of %1").arg(text(forecast_->link));
    std::vector<CurveSeries> series;
    std::vector<QStringList> cells;
    double longest = 0;
    for (const SweepCurve& curve : curves->curves)
        for (const SweepPoint& point : curve.points) longest = std::max(longest, point.seconds);
    const bool seconds = longest >= 1;
    for (const SweepCurve& curve : curves->curves) {
        CurveSeries& drawn = series.emplace_back();
        drawn.label = text(curve.name);
        drawn.mode = curve.mode;
        for (const SweepPoint& point : curve.points) {
            drawn.points.push_back({point.at / divisor, point.seconds * (seconds ? 1 : 1e3)});
            cells.push_back({drawn.label, length ? countOf(point.at) : gigabytesOf(point.at),
                             text(formatSignificant(drawn.points.back().value))});
        }
    }
    const QString title = seconds ? tr("Step time, s") : tr("Step time, ms");
    std::string sentence = fastestSentence(curves->fastest, length ? "tokens" : "GB/s", divisor);
    if (!curves->refused.empty()) sentence += " Other lengths: " + curves->refused + ".";
    crossover_->setText(text(sentence));
    curves_->setAccessibleName(title);
    curvePanel_->setVisible(!series.empty());
    curveLegend_->setVisible(!series.empty());
    curveLegend_->setCurves(series);
    curves_->setCurves(std::move(series), axis);
    curvePanel_->setTitle(title);
    curvePanel_->setTable({tr("Mode"), axis, title}, cells);
}

void PlanPage::showTrace(const std::shared_ptr<const ForecastTrace>& trace) {
    timeline_->setVisible(trace->trace != nullptr);
    timelineLegend_->setVisible(trace->trace != nullptr);
    if (!trace->trace) return stepTitle_->setText(text(trace->problem));
    stepTitle_->setText(tr("The predicted step of %1").arg(text(trace->mode)));
    timeline_->setTrace(trace->trace);
    timelineLegend_->setTrace(*trace->trace, true);
}

void PlanPage::showAdvice(const QStringList& sentences) {
    advice_->setText(sentences.join(QLatin1Char(' ')));
}

void PlanPage::showCommand() {
    std::vector<std::string> words = {"plan",
                                      "time",
                                      question_.draft.fileName,
                                      "--machine",
                                      question_.machine,
                                      "--ranks",
                                      std::to_string(forecast_->ranks)};
    for (const std::string& edit : question_.draft.overrides())
        words.insert(words.end(), {"--set", edit});
    if (question_.tokens)
        words.insert(words.end(), {"--set", "train.seq_len=" + std::to_string(*question_.tokens)});
    if (!forecast_->notes.empty())
        words.insert(
            words.end(),
            {"--set", "train.precision=" + findField("train.precision")->get(forecast_->config)});
    command_->setCommand(text(ringscopeCommand(storeForCommand_, words)));
}

QString PlanPage::derivation() const { return derivation_->text(); }
QString PlanPage::advice() const { return advice_->text(); }
QString PlanPage::problem() const { return problem_->text(); }
QString PlanPage::crossover() const { return crossover_->text(); }

void PlanPage::chooseFile() {
    const QString file = QFileDialog::getOpenFileName(
        this, tr("Plan an experiment"), {}, tr("Experiments (*.yaml *.yml);;All files (*)"));
    if (file.isEmpty()) return;
    if (const QString problem = openFile(file); !problem.isEmpty())
        QMessageBox::warning(this, tr("Plan an experiment"), problem);
}

void PlanPage::chooseMachineFile() {
    const QString file = QFileDialog::getOpenFileName(this, tr("Open a machine"), {},
                                                      tr("Machines (*.yaml *.yml);;All files (*)"));
    if (!file.isEmpty()) setMachine(file);
}

}  // namespace ringscope::ui
