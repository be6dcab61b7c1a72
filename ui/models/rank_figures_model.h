// What each rank did in a stretch of a trace: a row a rank, milliseconds; the last row is the mean.
// Where the ranks' clocks do not tell wait from transfer, those cells are dashes that say why.
#pragma once

#include "backend/analysis/window.h"

#include <QAbstractTableModel>

namespace ringscope::ui {

class RankFiguresModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        Rank,
        Attention,
        Compute,
        Hidden,
        Exposed,
        Wait,
        HiddenWait,
        Transfer,
        Blamed,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setClock(ClockVerdict clock);
    void setFigures(WindowFigures figures);
    const WindowFigures& figures() const { return figures_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    bool known(int column) const;
    double milliseconds(int row, int column) const;
    WindowFigures figures_;
    ClockVerdict clock_;
};

// One line: "41.2 ms · mean of ranks: attention 31 ms · hidden 8.1 ms · exposed 2.1 ms (wait 1.7
// ms, most for rank 3) · sent 1.2 GiB, 9.4 GB/s while moving". Nothing of waiting and moving where
// they are not told apart.
QString totalsText(const WindowFigures& figures, bool splits);

}  // namespace ringscope::ui
