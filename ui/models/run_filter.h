// What the filter box understands: words and conditions, all of which have to hold.
//
//     zigzag demo                 words are looked for in name, mode and state
//     mode=zigzag seq_len>=8k     conditions: = != < <= > >=, numbers with k and M
//     state!=finished and ranks<4     `and` may be written, and changes nothing
#pragma once

#include "backend/core/result.h"
#include "ui/models/run_row.h"

#include <QSortFilterProxyModel>
#include <functional>
#include <string_view>

namespace ringscope::ui {

using RunPredicate = std::function<bool(const RunRow&)>;

// The Error names the word that is not understood and the known field names.
Result<RunPredicate> parseRunFilter(std::string_view words);

// Sorts by RunTableModel::SortRole and shows the runs for which the predicate holds.
class RunFilterModel : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit RunFilterModel(QObject* parent = nullptr);

    void setPredicate(RunPredicate predicate);

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    RunPredicate predicate_;
};

}  // namespace ringscope::ui
