// What `trace diff` says of two traces: where a step's time went in both, and the layers, passes
// and ring steps that changed most.
#pragma once

#include "backend/analysis/trace_diff.h"

#include <QWidget>

class QTableWidget;

namespace ringscope::ui {

class TraceDiffPanel : public QWidget {
    Q_OBJECT

public:
    explicit TraceDiffPanel(QWidget* parent = nullptr);

    void setDiff(const TraceDiff& diff);
    // A row a part of the step, the largest change first, the whole step last.
    QTableWidget& effects() { return *effects_; }
    QTableWidget& places() { return *places_; }

private:
    QTableWidget* effects_;
    QTableWidget* places_;
};

}  // namespace ringscope::ui
