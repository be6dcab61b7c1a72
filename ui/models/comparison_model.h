// A comparison as a Qt table: a row a figure, a column a group of runs, the baseline first. A cell
// has the median with its interval, and the ratio to the group it is measured against.
#pragma once

#include "backend/compare/comparison.h"

#include <QAbstractTableModel>
#include <optional>
#include <vector>

namespace ringscope::ui {

class ComparisonModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Role { ModeRole = Qt::UserRole };  // of a column's header: the mode, for its marker

    using QAbstractTableModel::QAbstractTableModel;

    void setComparison(std::optional<Comparison> comparison);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        QString name;
        QString explanation;
        std::vector<QString> cells;  // one a group
    };
    void addFigures();
    void addWords();

    std::optional<Comparison> comparison_;
    std::vector<Row> rows_;
};

}  // namespace ringscope::ui
