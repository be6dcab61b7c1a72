// The look on a QCustomPlot: quiet axes, a grid one can read by, the type scale's small size.
#pragma once

#include "ui/look/theme.h"
#include "ui/plots/custom_plot.h"

namespace ringscope::ui {

void applyLook(QCustomPlot& plot, const Ink& ink);
QCPScatterStyle::ScatterShape scatterShape(Marker marker);
Qt::PenStyle penStyle(Stroke stroke);
QColor withAlpha(QColor colour, double alpha);

}  // namespace ringscope::ui
