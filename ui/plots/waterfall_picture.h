// What a rank will hold at its peak, lever by lever: a bar a row of the waterfall, the naive run
// first and the run as asked for last. What a lever saves is outlined, what it costs stands beside
// it, and a line across all rows is the budget.
//
//   naive                     ████████████████████████  137 MiB
//   memory.recompute layers   ██████████████▒▒▒▒▒▒▒▒▒▒  82 MiB   +1.3 GFLOP a step
#pragma once

#include "backend/memory/memory_plan.h"

#include <QWidget>
#include <optional>

namespace ringscope::ui {

class WaterfallPicture : public QWidget {
    Q_OBJECT

public:
    explicit WaterfallPicture(QWidget* parent = nullptr);

    void setPlan(const MemoryPlan& plan, std::optional<Bytes> budget);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }  // the bars grow from there

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QRectF bars() const;  // of all rows
    double across(std::int64_t bytes, const QRectF& room) const;
    void paintRow(QPainter& painter, std::size_t row, const QRectF& room) const;
    void paintBudget(QPainter& painter, const QRectF& room) const;

    std::vector<WaterfallRow> rows_;
    std::optional<Bytes> budget_;
    std::int64_t most_ = 1;
};

}  // namespace ringscope::ui
