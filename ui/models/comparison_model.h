// A comparison as a Qt table: a row a figure, a column a group of runs, the baseline first. A cell
// has the median, the ratio to the group it is measured against, and under them the interval of the
// repeats. Its DisplayRole is all of that in one line, for copying and for screen readers.
#pragma once

#include "backend/compare/comparison.h"
#include "ui/models/cell_delegate.h"

#include <QAbstractTableModel>
#include <optional>
#include <vector>

namespace ringscope::ui {

class ComparisonModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Role {
        ModeRole = Qt::UserRole,  // of a column's header: the mode, for its marker
        MedianRole,
        RatioRole,  // "2.2 ×", or nothing
        EndsRole,   // "10,440–10,441", or nothing where no repeat says otherwise
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setComparison(std::optional<Comparison> comparison);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Cell {
        QString median;
        QString ratio;
        QString ends;

        QString line() const;
    };
    struct Row {
        QString name;
        QString explanation;
        std::vector<Cell> cells;  // one a group
    };
    void addFigures();
    void addWords();

    std::optional<Comparison> comparison_;
    std::vector<Row> rows_;
};

// The median with its ratio, and in a second line the interval.
class ComparisonDelegate : public CellDelegate {
    Q_OBJECT

public:
    using CellDelegate::CellDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    void paintContent(QPainter& painter, const QStyleOptionViewItem& option, const QRectF& box,
                      const QModelIndex& index) const override;
};

}  // namespace ringscope::ui
