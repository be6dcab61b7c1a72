#include "ui/plots/area_chart.h"

#include "ui/plots/plot_look.h"
#include "ui/widgets/parts.h"

#include <QEvent>
#include <QHelpEvent>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

constexpr double headroomOfAreas = 1.06;

}  // namespace

AreaChart::AreaChart(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot) {
    plot_->setInteractions(QCP::iNone);
    plot_->setAttribute(Qt::WA_TransparentForMouseEvents);
    plot_->setMinimumSize(1, 1);
    // Everything is upright or level; else there were seams between bands.
    plot_->setNotAntialiasedElements(QCP::aeFills | QCP::aePlottables);
    for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
        axis->setTicker(QSharedPointer<QCPAxisTicker>(new FigureTicker));
        axis->ticker()->setTickCount(axis == plot_->yAxis ? 4 : 8);
    }
    column(this)->addWidget(plot_);
    draw();
}

void AreaChart::setPicture(AreaPicture picture) {
    picture_ = std::move(picture);
    draw();
}

void AreaChart::setStacked(bool stacked) {
    stacked_ = stacked;
    draw();
}

std::size_t AreaChart::columns() const {
    return picture_.parts.empty() ? 0 : picture_.parts.front().values.size();
}

QString AreaChart::wordsAt(const QPoint& place) const {
    const QPointF inside = plot_->mapFrom(this, place);
    if (columns() == 0 || !picture_.wordsOf ||
        !plot_->axisRect()->rect().contains(inside.toPoint()))
        return {};
    const double share = plot_->xAxis->pixelToCoord(inside.x()) / picture_.length;
    const auto column =
        static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(columns()));
    return picture_.wordsOf(std::min(column, columns() - 1));
}

bool AreaChart::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), wordsAt(help->pos()), this);
    return true;
}

QSize AreaChart::minimumSizeHint() const { return {scaled(160), scaled(110)}; }

void AreaChart::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) draw();
}

// Which labels of marks have room depends on the width.
void AreaChart::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    draw();
}

void AreaChart::draw() {
    plot_->clearPlottables();
    plot_->clearItems();
    applyLook(*plot_, inkOf(*this));
    plot_->xAxis->setLabel(picture_.across);
    plot_->yAxis->setLabel(picture_.upright);
    plot_->xAxis->setRange(0, std::max(picture_.length, 1e-9));
    drawParts();
    drawMarks();
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

// A stack is drawn from its top, each band down to zero: the next one covers what is not its own.
void AreaChart::drawParts() {
    const bool dark = isDark(palette());
    const std::size_t count = columns();
    const double width = count == 0 ? 0 : picture_.length / static_cast<double>(count);
    QVector<double> at;
    for (std::size_t i = 0; i <= count; ++i) at << static_cast<double>(i) * width;
    std::vector<double> sums(count, 0);
    std::vector<QVector<double>> tops;
    double most = 0;
    for (const AreaPart& part : picture_.parts) {
        QVector<double> top;
        for (std::size_t i = 0; i < count; ++i) {
            sums[i] = stacked_ ? sums[i] + part.values[i] : part.values[i];
            top << sums[i];
            most = std::max(most, sums[i]);
        }
        if (count > 0) top << top.back();  // the last column has a width, too
        tops.push_back(std::move(top));
    }
    for (std::size_t p = tops.size(); p-- > 0;) {
        const QColor colour = colourOf(picture_.parts[p].colour, dark);
        QCPGraph* graph = plot_->addGraph();
        graph->setLineStyle(QCPGraph::lsStepLeft);
        graph->setAdaptiveSampling(false);
        graph->setPen(stacked_ ? QPen(Qt::NoPen) : QPen(colour, 2));
        graph->setBrush(stacked_ ? QBrush(colour) : QBrush(Qt::NoBrush));
        graph->setData(at, tops[p], true);
    }
    plot_->yAxis->setRange(0, most > 0 ? most * headroomOfAreas : 1);
}

void AreaChart::drawMarks() {
    const Ink ink = inkOf(*this);
    double free = -1;  // pixels from the left that have no label yet
    for (const AreaPicture::Mark& mark : picture_.marks) {
        auto* line = new QCPItemStraightLine(plot_);
        line->setPen(QPen(ink.muted, 1, Qt::DotLine));
        line->point1->setCoords(mark.at, 0);
        line->point2->setCoords(mark.at, 1);
        const double x = mark.at / picture_.length * width();
        const int wanted = fontMetrics().horizontalAdvance(mark.label) + scaled(12);
        if (x < free || x + wanted > width()) continue;
        free = x + wanted;
        auto* label = new QCPItemText(plot_);
        label->setText(mark.label);
        label->setFont(plot_->xAxis->tickLabelFont());
        label->setColor(ink.text);
        label->setBrush(withAlpha(ink.panel, 0.8));
        label->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
        label->setPadding(QMargins(3, 1, 3, 1));
        label->position->setTypeX(QCPItemPosition::ptPlotCoords);
        label->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
        label->position->setCoords(mark.at, 0);
    }
}

}  // namespace ringscope::ui
