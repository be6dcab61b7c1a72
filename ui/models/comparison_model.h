// A comparison as a Qt table: a row a figure, a column a group of runs, the baseline first; of many
// groups, or of several sections, a row a group under the title of its section, a column a figure.
// A cell has the median, the ratio to the group it is measured against, and under them the interval
// of the repeats. Its DisplayRole is all of that in one line, for copying and for screen readers.
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
        RatioRole,    // "2.2 ×", or nothing
        EndsRole,     // "10,440–10,441", or nothing where no repeat says otherwise
        HeadingRole,  // whether the row is the title of a section
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setComparison(std::optional<Comparison> comparison);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    bool groupsAreRows() const { return groupsAreRows_; }
    bool isHeading(int row) const;
    // Whose figures stand there; nothing for names, headings and what is not there.
    const RunGroup* groupAt(int row, int column) const;

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
    // A row of the table where groups are rows.
    struct GroupRow {
        QString title;  // of a section
        std::optional<std::size_t> group;
    };
    void addFigures();
    void addWords();
    void addGroupRows();
    QString groupName(std::size_t group) const;
    std::optional<std::size_t> groupIndexAt(int row, int column) const;
    QVariant groupHeader(std::size_t group, int role) const;

    std::optional<Comparison> comparison_;
    std::vector<Row> rows_;  // a row a figure
    std::vector<GroupRow> groupRows_;
    bool groupsAreRows_ = false;
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
