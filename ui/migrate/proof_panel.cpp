#include "ui/migrate/proof_panel.h"

#include "backend/compare/statistics.h"
#include "backend/config/experiment.h"
#include "ui/look/theme.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/line_chart.h"
#include "ui/widgets/parts.h"

#include <QHeaderView>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

QString lossText(double loss) { return QLocale::c().toString(loss, 'f', 6); }

QString bytesOf(const RunRecord& run, Bytes (*figure)(const RunRecord&)) {
    const std::optional<Bytes> bytes = measuredBytes(run, figure);
    return bytes ? text(formatBytes(*bytes)) : QStringLiteral("–");
}

// What a run of the proof stands for; `first`: not the experiment's own mode.
QString wayOf(const RunRecord& run, bool first, const OldWay& old) {
    if (first)
        return run.config.parallel.mode == old.mode ? ProofPanel::tr("old")
                                                    : ProofPanel::tr("one rank");
    return run.config.parallel.mode == old.mode ? ProofPanel::tr("old and new")
                                                : ProofPanel::tr("new");
}

// Way, mode, loss, gradient, memory, bytes, time.
QStringList cellsOf(const RunRecord& run, const QString& way) {
    const bool stepped = !run.steps.empty();
    const std::optional<RunSpeed> speed = runSpeed(run);
    return {way,
            text(run.config.parallel.mode),
            stepped ? lossText(run.steps.back().loss) : text(run.statusReason),
            stepped ? text(formatSignificant(run.steps.back().gradNorm)) : QString(),
            bytesOf(run, peakMemory),
            bytesOf(run, measuredAttentionBytes),
            speed ? text(formatSignificant(speed->stepMedianMs)) + QStringLiteral(" ms")
                  : QStringLiteral("–")};
}

}  // namespace

ProofPanel::ProofPanel(RunController& controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      verdict_(makeSelectableLabel("head")),
      remarks_(makeSelectableLabel("muted")),
      problem_(makeSelectableLabel("bad")),
      prove_(makeButton(Icon::Check, tr("Prove it"))),
      stop_(makeButton(Icon::Stop, tr("Stop"))),
      compare_(makeButton(Icon::Compare, tr("Compare in full"))),
      bar_(new QProgressBar),
      table_(new QTableWidget),
      losses_(new LineChart(tr("Loss"), LineChart::From::Data)),
      chart_(new ChartPanel(tr("Loss of each step"), losses_)) {
    prove_->setObjectName(QStringLiteral("prove"));
    stop_->setObjectName(QStringLiteral("stopProof"));
    compare_->setObjectName(QStringLiteral("compareProof"));
    table_->setObjectName(QStringLiteral("proofTable"));
    const QStringList header = {tr("Way"),           tr("Mode"),        tr("Last loss"),
                                tr("Gradient norm"), tr("Peak memory"), tr("Attention sent"),
                                tr("Step time")};
    table_->setColumnCount(static_cast<int>(header.size()));
    table_->setHorizontalHeaderLabels(header);
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->verticalHeader()->hide();
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionMode(QAbstractItemView::NoSelection);
    table_->setFocusPolicy(Qt::NoFocus);
    table_->setShowGrid(false);
    table_->setAccessibleName(tr("The old way and the new way"));
    whenZoomed(*table_, [this] { table_->setFixedHeight(scaled(104)); });
    QVBoxLayout* layout = column(this, 0, 8);
    auto* head = row(nullptr, 0, 8);
    head->addWidget(verdict_, 1);
    for (QPushButton* button : {stop_, compare_, prove_}) head->addWidget(button);
    layout->addLayout(head);
    layout->addWidget(remarks_);
    layout->addWidget(problem_);
    layout->addWidget(bar_);
    layout->addWidget(table_);
    layout->addWidget(chart_, 1);
    connect(prove_, &QPushButton::clicked, this, &ProofPanel::start);
    connect(stop_, &QPushButton::clicked, &controller_, &RunController::stop);
    connect(compare_, &QPushButton::clicked, this, [this] {
        std::vector<RunId> ids;
        for (const RunRecord& run : migration_.proof->runs) ids.push_back(run.id);
        Q_EMIT compareRequested(ids);
    });
    connect(&controller_, &RunController::started, this, [this] {
        running_ = std::exchange(asked_, false);
        showState();
    });
    connect(&controller_, &RunController::news, this, &ProofPanel::take);
    connect(&controller_, &RunController::progressed, this, &ProofPanel::showState);
    connect(&controller_, &RunController::finished, this, &ProofPanel::finish);
    showMigration({});
}

void ProofPanel::showMigration(const Migration& migration) {
    if (migration.experiment != migration_.experiment) problemText_.clear();
    migration_ = migration;
    showState();
    showProof();
}

void ProofPanel::start() {
    const Result<Proof> proof = proofOf(migration_);
    problemText_ = proof.ok() ? QString() : text(proof.error().message);
    if (!proof.ok()) return showState();
    const ExperimentReading reading = readExperiment({.fileName = "proof.yaml",
                                                      .fileText = proof->experiment,
                                                      .environment = {},
                                                      .overrides = {}});
    if (!reading.ok()) {
        problemText_ = text(reading.problems.front().text());
        return showState();
    }
    provedText_ = migration_.experiment;
    notes_ = proof->notes;
    runs_.clear();
    losses_->clear();
    asked_ = true;
    controller_.start(reading.experiment);
    showState();
}

void ProofPanel::take(const LiveNews& news) {
    if (!running_) return;
    for (const RunRecord& run : news.runs) {
        if (run.reference) continue;
        if (const auto known = std::ranges::find(runs_, run.id, &RunRecord::id);
            known != runs_.end())
            *known = run;
        else
            runs_.push_back(run);
    }
    for (const LiveStep& step : news.steps)
        if (const auto run = std::ranges::find(runs_, step.run, &RunRecord::id); run != runs_.end())
            losses_->addPoint(step.run.text, run->config.parallel.mode, double(step.step.step),
                              step.step.loss);
}

void ProofPanel::finish(const QString& problem) {
    if (!running_) return showState();
    running_ = false;
    problemText_ = problem;
    Proven proven{.name = "proof", .notes = notes_, .runs = runs_};
    if (!proven.runs.empty())
        Q_EMIT proved(provedText_, std::make_shared<const Proven>(std::move(proven)));
    showState();
}

void ProofPanel::showState() {
    const bool proven = migration_.proof != nullptr;
    const bool other = controller_.running() && !running_;
    bar_->setVisible(running_);
    bar_->setRange(0, 1000);
    bar_->setValue(static_cast<int>(1000 * controller_.progress()));
    stop_->setVisible(running_);
    stop_->setEnabled(!controller_.stopping());
    prove_->setVisible(!running_);
    prove_->setEnabled(!other && !migration_.experiment.empty());
    prove_->setText(proven ? tr("Prove it again") : tr("Prove it"));
    compare_->setVisible(proven && !running_);
    verdict_->setText(running_ ? tr("Running the old way and the new way…")
                      : proven ? text(provenWords(*migration_.proof)) + QLatin1Char('.')
                      : other  ? tr("Another experiment is running; the proof can start after it.")
                               : tr("Not proved yet."));
    QStringList remarks{
        tr("The same heads, ranks of a sequence and memory settings, at a small "
           "size, on this machine.")};
    if (!proven && !migration_.oldWay.mode.empty())
        remarks << tr("The old way is mode %1: %2.")
                       .arg(text(migration_.oldWay.mode), text(migration_.oldWay.words));
    if (proven)
        for (const std::string& note : migration_.proof->notes) remarks << text(note);
    remarks_->setText(remarks.join(QLatin1Char('\n')));
    problem_->setText(problemText_);
    problem_->setVisible(!problemText_.isEmpty());
}

void ProofPanel::showProof() {
    const bool proven = migration_.proof != nullptr;
    table_->setVisible(proven);
    chart_->setVisible(proven || running_);
    if (!proven) return;
    const std::vector<RunRecord>& runs = migration_.proof->runs;
    table_->setRowCount(static_cast<int>(runs.size()));
    if (!running_) losses_->clear();
    std::vector<QStringList> rows;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const QStringList cells = cellsOf(runs[i], wayOf(runs[i], i == 0, migration_.oldWay));
        for (int k = 0; k < cells.size(); ++k)
            table_->setItem(static_cast<int>(i), k, new QTableWidgetItem(cells[k]));
        for (const StepRecord& step : runs[i].steps) {
            if (!running_)
                losses_->addPoint(runs[i].id.text, runs[i].config.parallel.mode, double(step.step),
                                  step.loss);
            rows.push_back({text(runs[i].name), QString::number(step.step), lossText(step.loss)});
        }
    }
    chart_->setTable({tr("Run"), tr("Step"), tr("Loss")}, rows);
}

}  // namespace ringscope::ui
