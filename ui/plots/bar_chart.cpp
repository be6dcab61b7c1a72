#include "ui/plots/bar_chart.h"

#include "ui/plots/plot_look.h"
#include "ui/widgets/parts.h"

#include <QEvent>
#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

constexpr double barWidth = 0.56;
constexpr double outlineWidth = 0.72;
constexpr double labelShare = 0.4;  // of the chart's width, at most
constexpr double rowHeight = 20;

double largest(const std::vector<BarRow>& rows) {
    double most = 0;
    for (const BarRow& row : rows)
        most = std::max({most, row.value.value_or(0), row.high, row.predicted.value_or(0)});
    return most > 0 ? most : 1;
}

}  // namespace

BarChart::BarChart(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot) {
    plot_->setInteractions(QCP::iNone);
    plot_->setAttribute(Qt::WA_TransparentForMouseEvents);
    plot_->setMinimumSize(1, 1);
    plot_->xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new FigureTicker));
    column(this)->addWidget(plot_);
    draw();
}

void BarChart::setRows(std::vector<BarRow> rows) {
    rows_ = std::move(rows);
    QStringList spoken;
    for (const BarRow& row : rows_)
        spoken << (row.heading ? row.label : row.label + QStringLiteral(" ") + row.shown);
    setAccessibleDescription(spoken.join(QStringLiteral(", ")));
    updateGeometry();
    draw();
}

QSize BarChart::minimumSizeHint() const {
    const double rows = static_cast<double>(rows_.size()) * rowHeight + 26;
    return {scaled(180), scaled(std::max(96.0, rows))};
}

void BarChart::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) draw();
}

void BarChart::draw() {
    const Ink ink = inkOf(*this);
    plot_->clearPlottables();
    plot_->clearItems();
    applyLook(*plot_, ink);
    plot_->yAxis->setTickLabelColor(ink.text);
    plot_->yAxis->setTicks(false);
    plot_->yAxis->setTickLabels(true);
    plot_->yAxis->grid()->setVisible(false);
    plot_->xAxis->setBasePen(Qt::NoPen);
    plot_->xAxis->setTicks(false);
    plot_->xAxis->setTickLabels(true);

    double key = static_cast<double>(rows_.size());
    for (const BarRow& row : rows_) {
        drawRow(row, key);
        key -= 1;
    }
    plot_->yAxis->setTicks(true);
    plot_->yAxis->setTickLength(0, 0);
    plot_->yAxis->setTickPen(Qt::NoPen);
    plot_->yAxis->setRange(0.4, static_cast<double>(rows_.size()) + 0.6);
    plot_->xAxis->setTicks(true);
    plot_->xAxis->setTickPen(Qt::NoPen);
    plot_->axisRect()->setMinimumMargins({0, 0, scaled(20), 0});  // half of the last tick's label
    fitAxis();
}

void BarChart::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitAxis();
}

void BarChart::writeLabels() {
    const QFontMetrics metrics(plot_->xAxis->tickLabelFont());
    const QSharedPointer<QCPAxisTickerText> labels(new QCPAxisTickerText);
    double key = static_cast<double>(rows_.size());
    for (const BarRow& row : rows_) {
        const QString whole =
            text(markerGlyph(modeLook(row.mode).marker)) + QStringLiteral(" ") + row.label;
        labels->addTick(key, row.heading ? QString()
                                         : metrics.elidedText(whole, Qt::ElideRight,
                                                              int(width() * labelShare)));
        key -= 1;
    }
    plot_->yAxis->setTicker(labels);
}

void BarChart::fitAxis() {
    writeLabels();
    const QFontMetrics metrics(plot_->xAxis->tickLabelFont());
    double widest = 0;
    int labels = 0;
    for (const BarRow& row : rows_) {
        if (row.heading) continue;
        widest = std::max<double>(widest, metrics.horizontalAdvance(row.shown));
        labels = std::max(labels, metrics.horizontalAdvance(row.label));
    }
    labels = std::min(labels, int(width() * labelShare));
    const double bars = std::max(40.0, width() - labels - scaled(56) - widest);
    plot_->xAxis->setRange(0, largest(rows_) * (1 + (widest + scaled(14)) / bars));
    plot_->xAxis->ticker()->setTickCount(std::clamp(int(bars / scaled(56)), 1, 5));
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

void BarChart::drawRow(const BarRow& row, double key) {
    const Ink ink = inkOf(*this);
    if (row.heading) {
        auto* title = new QCPItemText(plot_);
        title->setText(row.label);
        title->setColor(ink.muted);
        title->setFont(plot_->xAxis->tickLabelFont());
        title->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        title->position->setTypeX(QCPItemPosition::ptViewportRatio);
        title->position->setCoords(0, key);
        title->setClipToAxisRect(false);
        return;
    }
    if (row.value) {
        auto* bar = new QCPBars(plot_->yAxis, plot_->xAxis);
        bar->setWidth(barWidth);
        bar->setPen(Qt::NoPen);
        bar->setBrush(ink.mode(row.mode));
        bar->setData({key}, {*row.value});
        if (row.low < row.high) {
            auto* interval = new QCPErrorBars(plot_->yAxis, plot_->xAxis);
            interval->setDataPlottable(bar);
            interval->setErrorType(QCPErrorBars::etValueError);
            interval->setPen(QPen(ink.text, 1.5));
            interval->setWhiskerWidth(scaled(7));
            interval->setSymbolGap(0);
            interval->setData({*row.value - row.low}, {row.high - *row.value});
        }
    }
    if (row.predicted) {
        auto* outline = new QCPBars(plot_->yAxis, plot_->xAxis);
        outline->setWidth(outlineWidth);
        outline->setPen(QPen(withAlpha(ink.text, 0.5), 1));
        outline->setBrush(Qt::NoBrush);
        outline->setData({key}, {*row.predicted});
    }
    auto* figure = new QCPItemText(plot_);
    figure->setText(row.shown);
    figure->setColor(row.value ? ink.text : ink.muted);
    figure->setFont(plot_->xAxis->tickLabelFont());
    figure->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    figure->setPadding(QMargins(scaled(6), 0, 0, 0));
    figure->position->setCoords(
        std::max({row.value.value_or(0), row.high, row.predicted.value_or(0)}), key);
}

}  // namespace ringscope::ui
