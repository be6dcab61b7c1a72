#include "ui/pages/run_preview.h"

#include "backend/compare/statistics.h"
#include "backend/run/run_history.h"
#include "ui/look/theme.h"
#include "ui/models/run_row.h"
#include "ui/plots/sparkline.h"
#include "ui/widgets/parts.h"

#include <QGridLayout>
#include <QLocale>
#include <QVBoxLayout>

namespace ringscope::ui {
namespace {

QString exact(double value) { return QLocale::c().toString(value, 'f', 4); }
QString scientific(double value) { return QLocale::c().toString(value, 'e', 1); }

QString statusSentence(const RunRecord& run) {
    QStringList parts{text(statusName(run.status))};
    if (!run.statusReason.empty()) parts << text(run.statusReason);
    if (run.startedUs > 0 && run.endedUs > run.startedUs)
        parts << text(formatDuration(std::chrono::microseconds(run.endedUs - run.startedUs)));
    if (!run.device.empty()) parts << text(run.device);
    if (!run.versions.empty()) parts << text(run.versions);
    parts << startedText(run.createdUs) << text(run.id.text.substr(0, 8));
    return parts.join(QStringLiteral(" · "));
}

QString parityNote(const RunRecord& run) {
    if (!run.parity) return {};
    return RunPreview::tr("loss within %1").arg(scientific(run.parity->maxLossDiff));
}

}  // namespace

RunPreview::RunPreview(QWidget* parent)
    : QFrame(parent),
      name_(makeLabel({}, "head")),
      status_(new ElidedLabel),
      stepLine_(new Sparkline(tr("Step time"))),
      lossLine_(new Sparkline(tr("Loss"))) {
    setObjectName(QStringLiteral("card"));
    status_->setProperty("role", "muted");
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(24);
    grid->setVerticalSpacing(2);
    speed_ = addFigure(*grid, 0, tr("Tokens/s"));
    stepTime_ = addFigure(*grid, 1, tr("Step time"));
    memory_ = addFigure(*grid, 2, tr("Peak memory"));
    traffic_ = addFigure(*grid, 3, tr("Attention sent"));
    loss_ = addFigure(*grid, 4, tr("Final loss"));
    parity_ = addFigure(*grid, 5, tr("Parity"));

    auto* lines = row(nullptr, 0, 24);
    lines->addWidget(stepLine_);
    lines->addWidget(lossLine_);
    QVBoxLayout* layout = column(this, 12, 8);
    layout->addWidget(name_);
    layout->addWidget(status_);
    layout->addLayout(grid);
    layout->addLayout(lines, 1);
    showNothing();
}

RunPreview::Figure RunPreview::addFigure(QGridLayout& grid, int at, const QString& name) {
    Figure figure{makeLabel({}, "figure"), new ElidedLabel};
    figure.note->setProperty("role", "small");
    grid.addWidget(makeLabel(name, "small"), 0, at);
    grid.addWidget(figure.value, 1, at);
    grid.addWidget(figure.note, 2, at);
    grid.setColumnStretch(at, 1);
    return figure;
}

void RunPreview::showNothing() {
    name_->setText(tr("No run selected"));
    status_->setFullText(tr("Select a run to see its figures; select several to compare them."));
    for (const Figure& figure : {speed_, stepTime_, memory_, traffic_, loss_, parity_}) {
        figure.value->setText(QStringLiteral("–"));
        figure.note->setFullText({});
    }
    stepLine_->setValues({}, "none", {});
    lossLine_->setValues({}, "none", {});
}

void RunPreview::showRun(const RunRecord& run) {
    name_->setText(text(run.name));
    status_->setFullText(statusSentence(run));
    const bool bad = run.status == RunStatus::Failed || run.status == RunStatus::Lost;
    setRole(*status_, bad ? "bad" : "muted");
    showFigures(run);

    std::vector<double> times;
    std::vector<double> losses;
    for (const StepRecord& step : historyOf(run).steps) {
        times.push_back(milliseconds(step.duration));
        losses.push_back(step.loss);
    }
    const std::string& mode = run.config.parallel.mode;
    const auto ends = [](const std::vector<double>& values, auto format) {
        return values.empty()
                   ? QString()
                   : QStringLiteral("%1 → %2").arg(format(values.front()), format(values.back()));
    };
    stepLine_->setValues(times, mode, ends(times, [](double ms) {
                             return text(formatSignificant(ms)) + QStringLiteral(" ms");
                         }));
    lossLine_->setValues(losses, mode, ends(losses, exact));
}

void RunPreview::showFigures(const RunRecord& run) {
    const QString nothing = QStringLiteral("–");
    const std::optional<RunSpeed> speed = runSpeed(run);
    speed_.value->setText(speed ? text(formatSignificant(speed->tokensPerSecond)) : nothing);
    const std::int64_t before = run.continues ? run.continues->step : 0;
    const std::int64_t done = before + stepsDone(run);
    const std::optional<std::int64_t> steps = stepsInAll(run);
    speed_.note->setFullText(steps ? tr("%1 of %2 steps").arg(done).arg(*steps)
                                   : countText(done, "step"));
    stepTime_.value->setText(
        speed ? text(formatSignificant(speed->stepMedianMs)) + QStringLiteral(" ms") : nothing);
    stepTime_.note->setFullText(
        speed ? tr("p95 %1 ms").arg(text(formatSignificant(speed->stepP95Ms))) : QString());
    const auto measured = [&](Bytes (*figure)(const RunRecord&)) {
        const std::optional<Bytes> bytes = measuredBytes(run, figure);
        return bytes ? text(formatBytes(*bytes)) : nothing;
    };
    memory_.value->setText(measured(peakMemory));
    memory_.note->setFullText(tr("of the rank with the most"));

    traffic_.value->setText(measured(measuredAttentionBytes));
    traffic_.note->setFullText(
        tr("predicted %1").arg(text(formatBytes(run.predictedAttentionBytesPerStep))));
    loss_.value->setText(run.steps.empty() ? nothing : exact(run.steps.back().loss));
    loss_.note->setFullText(
        run.steps.empty()
            ? QString()
            : tr("gradient norm %1").arg(text(formatSignificant(run.steps.back().gradNorm))));
    parity_.value->setText(parityText(runRow(run).parity));
    parity_.note->setFullText(parityNote(run));
}

}  // namespace ringscope::ui
