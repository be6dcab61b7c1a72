#include "ui/pages/live_panel.h"

#include "backend/report/runs_text.h"
#include "backend/run/run_history.h"
#include "ui/look/theme.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/line_chart.h"
#include "ui/widgets/parts.h"

#include <QFontDatabase>
#include <QLocale>
#include <QPainter>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

constexpr int logLinesShown = 2000;

// A mode's marker as a label; follows the theme because it is painted when shown.
class MarkerLabel : public QLabel {
public:
    explicit MarkerLabel(std::string mode) : mode_(std::move(mode)) {
        setFixedSize(scaled(14), scaled(14));
        setAccessibleName(ui::text(mode_));
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        const double inset = width() / 7.0;
        paintMarker(painter, modeLook(mode_).marker,
                    QRectF(rect()).adjusted(inset, inset, -inset, -inset),
                    inkOf(*this).mode(mode_));
    }

private:
    std::string mode_;
};

QString figures(const StepRecord& step) {
    return LivePanel::tr("loss %1 · %2 tokens/s")
        .arg(QLocale::c().toString(step.loss, 'f', 4),
             text(formatSignificant(tokensPerSecond(step))));
}

}  // namespace

LiveRun::LiveRun(const RunRecord& run, QWidget* parent)
    : QWidget(parent),
      run_(run),
      marker_(new MarkerLabel(run.config.parallel.mode)),
      name_(new ElidedLabel(Qt::ElideLeft)),
      bar_(new QProgressBar),
      state_(new ElidedLabel) {
    const QString name = text(run.name);
    name_->setFullText(name);
    state_->setProperty("role", "small");
    bar_->setTextVisible(false);
    // Without a total the bar moves, and does not fill.
    const std::optional<std::int64_t> steps = stepsInAll(run);
    bar_->setRange(0, steps ? static_cast<int>(std::max<std::int64_t>(1, *steps)) : 0);
    bar_->setAccessibleName(tr("Progress of %1").arg(name));
    auto* head = row();
    head->addWidget(marker_);
    head->addWidget(name_, 1);
    QVBoxLayout* layout = column(this, 0, 4);
    layout->addLayout(head);
    layout->addWidget(bar_);
    layout->addWidget(state_);
    showState();
}

void LiveRun::showRun(const RunRecord& run) {
    run_ = run;
    if (isFinal(run.status) && bar_->maximum() == 0) {
        const int done = static_cast<int>(std::max<std::size_t>(1, steps_.size()));
        bar_->setRange(0, done);
        bar_->setValue(run.status == RunStatus::Finished ? done : 0);
    }
    showState();
}

void LiveRun::addStep(const StepRecord& step) {
    steps_.push_back(step);
    bar_->setValue(static_cast<int>(steps_.size()));
    showState();
}

void LiveRun::addValidation(const ValidationRecord& found) {
    validation_ = found;
    showState();
}

QString LiveRun::stepsFigure() const {
    const std::optional<std::int64_t> steps = stepsInAll(run_);
    return steps ? tr("step %1 of %2 · ").arg(steps_.size()).arg(*steps)
                 : tr("step %1 · ").arg(steps_.size());
}

QString LiveRun::validationFigure() const {
    if (!validation_) return {};
    return tr(" · validation %1 after step %2")
        .arg(QLocale::c().toString(validation_->loss, 'f', 4))
        .arg(validation_->step);
}

void LiveRun::showState() {
    QString words = text(statusName(run_.status));
    if (run_.status == RunStatus::Running && !steps_.empty())
        words = stepsFigure() + figures(steps_.back()) + validationFigure();
    else if (run_.status == RunStatus::Finished && runSpeed(run_))
        words += tr(" · %1 tokens/s · %2 ms a step")
                     .arg(text(formatSignificant(runSpeed(run_)->tokensPerSecond)),
                          text(formatSignificant(runSpeed(run_)->stepMedianMs)));
    else if (!run_.statusReason.empty())
        words += QStringLiteral(": ") + text(run_.statusReason);
    state_->setFullText(words);
    setRole(*state_, run_.status == RunStatus::Failed ? "badsmall" : "small");
}

LivePanel::LivePanel(RunController& controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      title_(makeLabel({}, "title")),
      subtitle_(new ElidedLabel),
      problem_(makeLabel({}, "bad")),
      loss_(new LineChart(tr("Loss"), LineChart::From::Data)),
      speed_(new LineChart(tr("Tokens/s"), LineChart::From::Zero)),
      lossPanel_(new ChartPanel(tr("Loss"), loss_)),
      speedPanel_(new ChartPanel(tr("Tokens/s"), speed_)),
      log_(new QPlainTextEdit),
      stop_(makeButton(Icon::Stop, tr("Stop"))),
      compare_(makePrimaryButton(Icon::Compare, tr("Compare"))),
      back_(makeButton(Icon::NewRun, tr("New run"))) {
    makeLayout();
    logTimer_.setInterval(100);
    logTimer_.setSingleShot(true);
    connect(&logTimer_, &QTimer::timeout, this, &LivePanel::flushLog);
    connect(stop_, &QPushButton::clicked, &controller_, &RunController::stop);
    connect(compare_, &QPushButton::clicked, this, [this] { Q_EMIT compareRequested(runs()); });
    connect(back_, &QPushButton::clicked, this, &LivePanel::backRequested);
    connect(&controller_, &RunController::started, this, &LivePanel::start);
    connect(&controller_, &RunController::news, this, &LivePanel::take);
    connect(&controller_, &RunController::progressed, this, &LivePanel::showProgress);
    connect(&controller_, &RunController::finished, this, &LivePanel::finish);
}

void LivePanel::makeLayout() {
    subtitle_->setProperty("role", "muted");
    problem_->setWordWrap(true);
    problem_->hide();
    stop_->setObjectName(QStringLiteral("stop"));
    log_->setReadOnly(true);
    log_->setMaximumBlockCount(logLinesShown);
    log_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    log_->setLineWrapMode(QPlainTextEdit::NoWrap);
    log_->setAccessibleName(tr("Log"));
    log_->setPlaceholderText(tr("What agents and ranks print appears here."));
    log_->setMaximumHeight(scaled(132));

    QVBoxLayout* layout = column(this, 16, 8);
    auto* head = row();
    auto* words = column(nullptr, 0, 0);
    words->addWidget(title_);
    words->addWidget(subtitle_);
    head->addLayout(words, 1);
    for (QPushButton* button : {stop_, back_, compare_}) head->addWidget(button);
    layout->addLayout(head);
    layout->addWidget(problem_);

    auto* list = new QWidget;
    runList_ = column(list, 12, 14);
    runList_->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setWidget(list);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    QFrame* runs = makeCard();
    column(runs)->addWidget(scroll);
    runs->setMinimumWidth(scaled(250));
    auto* charts = row(nullptr, 0, 8);
    charts->addWidget(runs, 3);
    charts->addWidget(lossPanel_, 4);
    charts->addWidget(speedPanel_, 4);
    layout->addLayout(charts, 1);
    layout->addWidget(makeLabel(tr("Log"), "section"));
    layout->addWidget(log_);
}

std::vector<RunId> LivePanel::runs() const {
    std::vector<RunId> ids;
    for (const LiveRun* line : order_)
        if (!line->run().reference) ids.push_back(line->run().id);
    return ids;
}

void LivePanel::start() {
    for (LiveRun* line : order_) line->deleteLater();
    order_.clear();
    lines_.clear();
    loss_->clear();
    speed_->clear();
    log_->clear();
    waitingLines_.clear();
    linesDropped_ = 0;
    problemText_.clear();
    problem_->hide();
    showTables();
    showProgress();
}

void LivePanel::take(const LiveNews& news) {
    for (const RunRecord& run : news.runs) lineOf(run).showRun(run);
    for (const LiveStep& step : news.steps) {
        const auto found = lines_.find(step.run);
        if (found == lines_.end()) continue;
        LiveRun& line = *found->second;
        line.addStep(step.step);
        const std::string& mode = line.run().config.parallel.mode;
        loss_->addPoint(step.run.text, mode, double(step.step.step), step.step.loss);
        speed_->addPoint(step.run.text, mode, double(step.step.step), tokensPerSecond(step.step));
    }
    for (const LiveValidation& each : news.validations) {
        const auto found = lines_.find(each.run);
        if (found == lines_.end()) continue;
        LiveRun& line = *found->second;
        line.addValidation(each.found);
        loss_->addPoint(each.run.text + "/validation", line.run().config.parallel.mode,
                        double(each.found.step), each.found.loss, LineChart::Form::Dots);
    }
    if (!news.steps.empty() || !news.validations.empty()) showTables();
    for (const std::string& line : news.lines) waitingLines_ << text(line);
    linesDropped_ += news.linesDropped;
    if (!waitingLines_.empty() && !logTimer_.isActive()) logTimer_.start();
}

LiveRun& LivePanel::lineOf(const RunRecord& run) {
    LiveRun*& line = lines_[run.id];
    if (line == nullptr) {
        line = new LiveRun(run);
        order_.push_back(line);
        runList_->insertWidget(runList_->count() - 1, line);
    }
    return *line;
}

void LivePanel::flushLog() {
    if (linesDropped_ > 0)
        log_->appendPlainText(tr("… %1 lines left out").arg(text(formatCount(linesDropped_))));
    linesDropped_ = 0;
    log_->appendPlainText(waitingLines_.join(QLatin1Char('\n')));
    waitingLines_.clear();
}

void LivePanel::showTables() {
    std::vector<QStringList> losses;
    std::vector<QStringList> speeds;
    for (const LiveRun* line : order_) {
        if (line->steps().empty()) continue;
        const StepRecord& last = line->steps().back();
        const QString name = text(line->run().name);
        const QString step = QString::number(last.step);
        losses.push_back({name, step, QLocale::c().toString(last.loss, 'f', 4)});
        if (const auto& found = line->validation())
            losses.push_back({name + tr(" · validation"), QString::number(found->step),
                              QLocale::c().toString(found->loss, 'f', 4)});
        speeds.push_back({name, step, text(formatSignificant(tokensPerSecond(last)))});
    }
    lossPanel_->setTable({tr("Run"), tr("Step"), tr("Loss")}, losses);
    speedPanel_->setTable({tr("Run"), tr("Step"), tr("Tokens/s")}, speeds);
}

void LivePanel::showProgress() {
    const bool running = controller_.running();
    title_->setText(controller_.experimentName());
    const QString done =
        tr("%1 of %2 done").arg(controller_.done()).arg(countText(controller_.planned(), "run"));
    subtitle_->setFullText(controller_.stopping() ? tr("stopping · ") + done : done);
    stop_->setVisible(running);
    stop_->setEnabled(!controller_.stopping());
    stop_->setText(controller_.stopping() ? tr("Stopping…") : tr("Stop"));
    back_->setVisible(!running);
    compare_->setVisible(!running);
    compare_->setEnabled(controller_.done() > 0);
}

void LivePanel::finish(const QString& problem) {
    problemText_ = problem;
    problem_->setText(problem);
    problem_->setVisible(!problem.isEmpty());
    showProgress();
}

}  // namespace ringscope::ui
