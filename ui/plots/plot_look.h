// The look on a QCustomPlot: quiet axes, a grid one can read by, the type scale's small size.
#pragma once

#include "ui/look/theme.h"
#include "ui/plots/custom_plot.h"

namespace ringscope::ui {

void applyLook(QCustomPlot& plot, const Ink& ink);
// Ticks labelled as people read numbers: "12,500", "0.25".
class FigureTicker : public QCPAxisTicker {
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;
};

QCPScatterStyle::ScatterShape scatterShape(Marker marker);
Qt::PenStyle penStyle(Stroke stroke);
QColor withAlpha(QColor colour, double alpha);

}  // namespace ringscope::ui
