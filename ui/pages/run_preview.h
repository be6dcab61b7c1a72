// One run in short, under the runs table: what became of it, its key numbers, its course.
#pragma once

#include "backend/run/run_record.h"

#include <QFrame>
#include <vector>

class QGridLayout;
class QLabel;

namespace ringscope::ui {

class ElidedLabel;
class Sparkline;

class RunPreview : public QFrame {
    Q_OBJECT

public:
    explicit RunPreview(QWidget* parent = nullptr);

    // With its steps and ranks.
    void showRun(const RunRecord& run);
    void showNothing();

private:
    struct Figure {
        QLabel* value;
        ElidedLabel* note;
    };
    Figure addFigure(QGridLayout& grid, int at, const QString& name);
    void showFigures(const RunRecord& run);

    QLabel* name_;
    ElidedLabel* status_;
    Figure speed_, stepTime_, memory_, traffic_, loss_, parity_;
    Sparkline* stepLine_;
    Sparkline* lossLine_;
};

}  // namespace ringscope::ui
