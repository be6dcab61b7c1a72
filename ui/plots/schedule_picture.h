// A mode's forward pass over one attention layer, as the planner made it: a row a rank, a column a
// step, and in each cell which queries meet which keys.
//
//   rank 0 |◣| |·| |·| |·|  ▓          ◣ causal   ■ full   · nothing to do   → sent this step
//   rank 3 |◣| |■| |■| |■|  ▓▓▓▓▓▓▓    the staircase shows why ring waits and zigzag does not
//
// The bar at a row's end is the rank's share of the work; a hovered cell says its step in words.
#pragma once

#include "backend/plan/run_plan.h"

#include <QWidget>
#include <memory>
#include <string>

namespace ringscope::ui {

class SchedulePicture : public QWidget {
    Q_OBJECT

public:
    explicit SchedulePicture(QWidget* parent = nullptr);

    // Nothing to draw: the reason is written instead.
    void setPlan(const std::shared_ptr<const RunPlan>& plan);
    void setReason(const QString& reason);

    int shownRanks() const;
    int shownSteps() const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }  // the cells grow from there

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    // Pixels, as large as there is room for.
    struct Measures {
        double cellWidth;
        double cellHeight;
        double matrixSide;
    };
    Measures measures() const;
    QRectF cell(int rank, int step) const;
    QString words(int rank, int step) const;
    const Step& stepAt(int rank, int step) const;
    bool planned() const { return plan_ != nullptr; }
    void paintHeader(QPainter& painter) const;
    void paintCell(QPainter& painter, int rank, int step) const;
    void paintWork(QPainter& painter, int rank) const;
    void paintLegend(QPainter& painter) const;

    // What is drawn of a rank.
    struct Row {
        std::vector<Step> steps{};  // the first ones
        std::int64_t pairs = 0;     // of all steps
    };

    std::shared_ptr<const RunPlan> plan_;
    std::vector<Row> rows_;  // the first ranks
    QString reason_;
    std::int64_t mostPairs_ = 1;
};

}  // namespace ringscope::ui
