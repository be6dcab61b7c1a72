#include "ui/plots/curve_chart.h"

#include "backend/core/rounded.h"
#include "backend/core/ticks.h"
#include "backend/core/units.h"
#include "ui/plots/plot_look.h"
#include "ui/widgets/parts.h"

#include <QEvent>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <set>

namespace ringscope::ui {
namespace {

bool isDrawn(const CurveSeries::Point& point) {
    return std::isfinite(point.at) && point.at > 0 && std::isfinite(point.value) && point.value > 0;
}

// The smallest and the largest of what is drawn; room is a factor on both sides.
QCPRange rangeOf(const std::set<double>& values, double room, double single) {
    if (values.empty()) return {1, 10};
    const double by = values.size() == 1 ? single : room;
    return {*values.begin() / by, *values.rbegin() * by};
}

QString tickText(double tick) { return text(formatRounded(tick, 4)); }

}  // namespace

CurveChart::CurveChart(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot) {
    plot_->setInteractions(QCP::iNone);
    plot_->setAttribute(Qt::WA_TransparentForMouseEvents);
    plot_->setMinimumSize(1, 1);
    for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) axis->setScaleType(QCPAxis::stLogarithmic);
    column(this)->addWidget(plot_);
    draw();
}

void CurveChart::setCurves(std::vector<CurveSeries> curves, const QString& axis) {
    curves_ = std::move(curves);
    axis_ = axis;
    QStringList spoken;
    for (const CurveSeries& curve : curves_) {
        QStringList points;
        for (const CurveSeries::Point& point : curve.points)
            points << tr("%1 at %2").arg(tickText(point.value), tickText(point.at));
        spoken << curve.label + QStringLiteral(": ") + points.join(QStringLiteral(", "));
    }
    setAccessibleDescription(spoken.join(QStringLiteral("; ")));
    draw();
}

QSize CurveChart::minimumSizeHint() const { return {scaled(160), scaled(110)}; }

void CurveChart::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) draw();
}

void CurveChart::draw() {
    plot_->clearPlottables();
    applyLook(*plot_, inkOf(*this));
    plot_->xAxis->setLabel(axis_);
    setAxes();
    for (const CurveSeries& curve : curves_) drawCurve(curve);
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

// Ticks stand where something was measured, and at round values.
void CurveChart::setAxes() {
    std::set<double> places;
    std::set<double> values;
    for (const CurveSeries& curve : curves_) {
        for (const CurveSeries::Point& point : curve.points) {
            if (!isDrawn(point)) continue;
            places.insert(point.at);
            for (const double value : {point.value, point.low, point.high})
                if (std::isfinite(value) && value > 0) values.insert(value);
        }
    }
    plot_->xAxis->setRange(rangeOf(places, 1.12, 2));
    plot_->yAxis->setRange(rangeOf(values, 1.15, 2));
    const QSharedPointer<QCPAxisTickerText> across(new QCPAxisTickerText);
    for (const double place : places) across->addTick(place, tickText(place));
    const QSharedPointer<QCPAxisTickerText> up(new QCPAxisTickerText);
    for (const double tick : logTicks(plot_->yAxis->range().lower, plot_->yAxis->range().upper))
        up->addTick(tick, tickText(tick));
    plot_->xAxis->setTicker(across);
    plot_->yAxis->setTicker(up);
}

void CurveChart::drawCurve(const CurveSeries& curve) {
    const Ink ink = inkOf(*this);
    const ModeLook& look = modeLook(curve.mode);
    const QColor colour = ink.mode(curve.mode);
    QCPGraph* graph = plot_->addGraph();
    graph->setPen(QPen(colour, 1.5, penStyle(look.stroke)));
    graph->setScatterStyle(
        QCPScatterStyle(scatterShape(look.marker), QPen(colour, 1.2), QBrush(ink.panel), 6));
    QVector<double> below;
    QVector<double> above;
    for (const CurveSeries::Point& point : curve.points) {
        if (!isDrawn(point)) continue;
        graph->addData(point.at, point.value);
        const bool varied = point.low > 0 && point.low < point.high;
        below << (varied ? point.value - point.low : 0);
        above << (varied ? point.high - point.value : 0);
    }
    auto* interval = new QCPErrorBars(plot_->xAxis, plot_->yAxis);
    interval->setDataPlottable(graph);
    interval->setErrorType(QCPErrorBars::etValueError);
    interval->setPen(QPen(ink.text, 1));
    interval->setWhiskerWidth(scaled(5));
    interval->setSymbolGap(0);
    interval->setData(below, above);
}

void CurveLegend::setCurves(const std::vector<CurveSeries>& curves) {
    entries_.clear();
    for (const CurveSeries& curve : curves) entries_.emplace_back(curve.label, curve.mode);
    write();
}

void CurveLegend::changeEvent(QEvent* event) {
    QLabel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) write();
}

void CurveLegend::write() {
    QStringList parts;
    for (const auto& [label, mode] : entries_)
        parts << QStringLiteral("<span style='color:%1'>%2</span>&nbsp;%3")
                     .arg(inkOf(*this).mode(mode).name(),
                          ui::text(markerGlyph(modeLook(mode).marker)), label.toHtmlEscaped());
    setText(parts.join(QStringLiteral(" &nbsp; ")));
    setWordWrap(true);
}

}  // namespace ringscope::ui
