// The ring steps of a trace as a heat map: a row a rank, a column a step of a pass, one figure at a
// time in milliseconds per training step, all layers together. A wait that the clocks do not show
// is a dash that says why.
#pragma once

#include "backend/analysis/findings.h"

#include <QAbstractTableModel>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace ringscope::ui {

class RingStepModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum class Figure { Attention, Exposed, Wait };
    static constexpr int HeatRole = Qt::UserRole;  // 0 … 1 of the largest cell

    using QAbstractTableModel::QAbstractTableModel;

    void setFindings(const RunFindings& findings);
    void setFigure(Figure figure);
    Figure figure() const { return figure_; }

    struct Cell {
        int rank = 0;
        SpanPass pass = SpanPass::None;
        int ringStep = 0;
    };
    std::optional<Cell> cell(const QModelIndex& index) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    const RingStepFigures* at(const QModelIndex& index) const;
    double milliseconds(const RingStepFigures& step, Figure figure) const;

    bool known(Figure figure) const { return figure != Figure::Wait || clock_.splits; }

    Figure figure_ = Figure::Wait;
    ClockVerdict clock_;
    double steps_ = 1;
    double largest_ = 0;
    std::vector<int> ranks_;
    std::vector<std::pair<SpanPass, int>> places_;
    std::map<std::pair<int, std::pair<SpanPass, int>>, RingStepFigures> cells_;
};

}  // namespace ringscope::ui
