#include "ui/plots/line_chart.h"

#include "ui/plots/plot_look.h"
#include "ui/widgets/parts.h"

#include <QEvent>
#include <QVBoxLayout>
#include <cmath>

namespace ringscope::ui {
namespace {

constexpr int pointsWithMarkers = 40;

// Steps are whole: no ticks between them.
class WholeTicker : public QCPAxisTicker {
    double getTickStep(const QCPRange& range) override {
        return std::max(1.0, std::ceil(QCPAxisTicker::getTickStep(range)));
    }
    int getSubTickCount(double) override { return 0; }
};

}  // namespace

LineChart::LineChart(const QString& valueLabel, From from, QWidget* parent)
    : QWidget(parent), plot_(new QCustomPlot), from_(from) {
    plot_->setInteractions(QCP::iNone);
    plot_->setAttribute(Qt::WA_TransparentForMouseEvents);
    plot_->setMinimumSize(1, 1);
    plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new WholeTicker));
    plot_->xAxis->setLabel(tr("step"));
    plot_->yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new FigureTicker));
    plot_->yAxis->ticker()->setTickCount(4);
    setAccessibleName(valueLabel);
    column(this)->addWidget(plot_);
    clear();
}

void LineChart::clear() {
    series_.clear();
    plot_->clearGraphs();
    plot_->clearItems();
    plot_->xAxis->setRange(0, 10);
    plot_->yAxis->setRange(0, 1);
    restyle();
}

void LineChart::addPoint(const std::string& name, const std::string& mode, double step,
                         double value, Form form) {
    Series& series = series_[name];
    if (series.graph == nullptr) {
        series.mode = mode;
        series.form = form;
        series.graph = plot_->addGraph();
    }
    if (std::isfinite(value)) series.graph->addData(step, value);
    style(series);

    plot_->rescaleAxes();
    QCPRange values = plot_->yAxis->range();
    const double room = std::max(values.size() * 0.08, std::abs(values.upper) * 1e-3);
    values = from_ == From::Zero ? QCPRange(0, values.upper * 1.1 + 1e-12)
                                 : QCPRange(values.lower - room, values.upper + room);
    plot_->yAxis->setRange(values);
    QCPRange steps = plot_->xAxis->range();
    plot_->xAxis->setRange(steps.lower - 0.25, std::max(steps.upper, steps.lower + 1) + 0.25);
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

int LineChart::points(const std::string& name) const {
    const auto found = series_.find(name);
    return found == series_.end() ? 0 : found->second.graph->dataCount();
}

void LineChart::setCuts(const std::vector<std::int64_t>& steps) {
    plot_->clearItems();
    for (const std::int64_t step : steps) {
        auto* line = new QCPItemStraightLine(plot_);  // of the plot from now on
        const auto at = static_cast<double>(step);
        line->point1->setCoords(at, 0);
        line->point2->setCoords(at, 1);
    }
    restyle();
}

int LineChart::cuts() const { return plot_->itemCount(); }

QSize LineChart::minimumSizeHint() const { return {scaled(160), scaled(96)}; }

void LineChart::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) restyle();
}

void LineChart::restyle() {
    const Ink ink = inkOf(*this);
    applyLook(*plot_, ink);
    for (int i = 0; i < plot_->itemCount(); ++i)
        if (auto* cut = qobject_cast<QCPItemStraightLine*>(plot_->item(i)))
            cut->setPen(QPen(ink.muted, 1, Qt::DotLine));
    for (auto& [name, series] : series_) style(series);
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

void LineChart::style(Series& series) {
    const Ink ink = inkOf(*this);
    const ModeLook& look = modeLook(series.mode);
    const QColor colour = ink.mode(series.mode);
    if (series.form == Form::Dots) {
        series.graph->setPen(QPen(colour, 1, Qt::DotLine));
        series.graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, colour, colour, 7));
        return;
    }
    series.graph->setPen(QPen(colour, 1.5, penStyle(look.stroke)));
    const bool marked = series.graph->dataCount() <= pointsWithMarkers;
    series.graph->setScatterStyle(
        marked ? QCPScatterStyle(scatterShape(look.marker), QPen(colour, 1.2), QBrush(ink.panel), 6)
               : QCPScatterStyle(QCPScatterStyle::ssNone));
}

}  // namespace ringscope::ui
