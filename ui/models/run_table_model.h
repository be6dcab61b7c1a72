// The runs as a Qt table, the newest first. New values are laid over the old ones run by run, so
// that selection, scroll position and sort order stay where the user put them while runs go on.
#pragma once

#include "ui/models/run_row.h"

#include <QAbstractTableModel>

namespace ringscope::ui {

class RunTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        Name,
        State,
        Started,
        Experiment,
        Host,
        Mode,
        Ranks,
        SeqLen,
        Speed,
        StepTime,
        Exposed,
        Wait,
        Memory,
        Parity,
        Tags,
        Note,
        ColumnCount
    };
    enum Role {
        SortRole = Qt::UserRole,  // numbers as numbers; an absent figure sorts below every figure
        RowRole,                  // const RunRow* as a void*, valid until the model changes
    };

    using QAbstractTableModel::QAbstractTableModel;

    // In any order; a run is known by its id.
    void setRows(std::vector<RunRow> rows);
    const std::vector<RunRow>& rows() const { return rows_; }
    const RunRow* find(const RunId& id) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void removeMissing(const std::vector<RunRow>& wanted);
    void insertNewestFirst(std::vector<RunRow> added);

    std::vector<RunRow> rows_;
};

// The run behind an index of a RunTableModel or of a proxy over one.
const RunRow* runAt(const QModelIndex& index);

}  // namespace ringscope::ui
