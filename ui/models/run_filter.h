// Which runs the table shows, and in which order: those that a query of backend/query accepts, and
// archived ones only where they are asked for.
#pragma once

#include "backend/query/run_query.h"
#include "ui/models/run_row.h"

#include <QSortFilterProxyModel>
#include <map>
#include <set>
#include <vector>

namespace ringscope::ui {

// Sorts by RunTableModel::SortRole.
class RunFilterModel : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit RunFilterModel(QObject* parent = nullptr);

    // Shows the runs of the source that are among these and accepted. To be called whenever the
    // runs or the query have changed, before the source has.
    void setRuns(const std::vector<RunRecord>& runs, const RunPredicate& accepts, bool archived);

    // Runs that were started together stay together, the newest experiment first; within one the
    // order that was chosen.
    void setGrouped(bool grouped);
    bool grouped() const { return grouped_; }

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    std::set<RunId> accepted_;
    bool all_ = true;  // nothing was set yet
    bool grouped_ = false;
    std::map<QString, std::int64_t> experimentStart_;  // by experiment id
};

}  // namespace ringscope::ui
