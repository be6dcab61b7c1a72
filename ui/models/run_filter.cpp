#include "ui/models/run_filter.h"

#include "ui/models/run_table_model.h"
#include "ui/widgets/parts.h"

#include <algorithm>

namespace ringscope::ui {

RunFilterModel::RunFilterModel(QObject* parent) : QSortFilterProxyModel(parent) {
    setSortRole(RunTableModel::SortRole);
    setDynamicSortFilter(true);
}

void RunFilterModel::setRuns(const std::vector<RunRecord>& runs, const RunPredicate& accepts,
                             bool archived) {
    accepted_.clear();
    experimentStart_.clear();
    all_ = false;
    for (const RunRecord& run : runs) {
        std::int64_t& start = experimentStart_[text(run.experimentId)];
        start = start == 0 ? run.createdUs : std::min(start, run.createdUs);
        if ((archived || run.archivedUs == 0) && (!accepts || accepts(run)))
            accepted_.insert(run.id);
    }
    invalidate();
}

void RunFilterModel::setGrouped(bool grouped) {
    grouped_ = grouped;
    invalidate();
}

bool RunFilterModel::filterAcceptsRow(int row, const QModelIndex& parent) const {
    const RunRow* run = runAt(sourceModel()->index(row, 0, parent));
    return all_ || run == nullptr || accepted_.contains(run->id);
}

bool RunFilterModel::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    if (grouped_) {
        const RunRow* a = runAt(left);
        const RunRow* b = runAt(right);
        if (a != nullptr && b != nullptr && a->experimentId != b->experimentId) {
            const auto start = [this](const RunRow& run) {
                const auto known = experimentStart_.find(run.experimentId);
                return known == experimentStart_.end() ? run.createdUs : known->second;
            };
            const bool newer =
                start(*a) != start(*b) ? start(*a) > start(*b) : a->experimentId < b->experimentId;
            return sortOrder() == Qt::AscendingOrder ? newer : !newer;
        }
    }
    const QVariant a = left.data(sortRole());
    const QVariant b = right.data(sortRole());
    if (a.typeId() == QMetaType::QString)
        return QString::localeAwareCompare(a.toString(), b.toString()) < 0;
    return a.toDouble() < b.toDouble();
}

}  // namespace ringscope::ui
