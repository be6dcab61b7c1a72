#include "ui/plots/plot_look.h"

#include "backend/core/rounded.h"
#include "backend/core/units.h"
#include "ui/widgets/parts.h"

#include <QApplication>
#include <cmath>

namespace ringscope::ui {

void applyLook(QCustomPlot& plot, const Ink& ink) {
    plot.setBackground(QBrush(ink.panel));
    QFont font = QApplication::font();
    font.setPixelSize(scaled(smallText));
    for (QCPAxis* axis : {plot.xAxis, plot.yAxis}) {
        axis->setBasePen(QPen(ink.line));
        axis->setTickPen(QPen(ink.line));
        axis->setSubTicks(false);
        axis->setTickLengthOut(3);
        axis->setTickLengthIn(0);
        axis->setTickLabelColor(ink.muted);
        axis->setTickLabelFont(font);
        axis->setLabelColor(ink.muted);
        axis->setLabelFont(font);
        axis->setLabelPadding(2);
        axis->grid()->setPen(QPen(withAlpha(ink.line, 0.7), 1));
        axis->grid()->setZeroLinePen(QPen(ink.line, 1));
    }
}

QString FigureTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
    return text(formatRounded(tick, 6));
}

QCPScatterStyle::ScatterShape scatterShape(Marker marker) {
    switch (marker) {
        case Marker::Cross:
            return QCPScatterStyle::ssCross;
        case Marker::Square:
            return QCPScatterStyle::ssSquare;
        case Marker::Circle:
            return QCPScatterStyle::ssCircle;
        case Marker::Diamond:
            return QCPScatterStyle::ssDiamond;
        case Marker::Triangle:
            return QCPScatterStyle::ssTriangle;
        case Marker::TriangleInverted:
            return QCPScatterStyle::ssTriangleInverted;
        case Marker::Star:
            return QCPScatterStyle::ssStar;
        case Marker::Plus:
            return QCPScatterStyle::ssPlus;
    }
    return QCPScatterStyle::ssSquare;
}

Qt::PenStyle penStyle(Stroke stroke) {
    switch (stroke) {
        case Stroke::Solid:
            return Qt::SolidLine;
        case Stroke::Dashed:
            return Qt::DashLine;
        case Stroke::Dotted:
            return Qt::DotLine;
        case Stroke::DashDot:
            return Qt::DashDotLine;
    }
    return Qt::SolidLine;
}

QColor withAlpha(QColor colour, double alpha) {
    colour.setAlphaF(static_cast<float>(alpha));
    return colour;
}

}  // namespace ringscope::ui
