#include "ui/models/run_table_model.h"

#include "backend/core/units.h"
#include "ui/widgets/parts.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>

namespace ringscope::ui {
namespace {

QString dash() { return QStringLiteral("–"); }

QString figure(const std::optional<double>& value) {
    return value ? text(formatSignificant(*value)) : dash();
}

QString shown(const RunRow& row, int column) {
    switch (column) {
        case RunTableModel::Name:
            return row.pinned ? QStringLiteral("★ ") + row.name : row.name;
        case RunTableModel::Experiment:
            return row.experiment;
        case RunTableModel::Started:
            return shortStarted(row.createdUs);
        case RunTableModel::Host:
            return row.host;
        case RunTableModel::Mode:
            return row.mode;
        case RunTableModel::Ranks:
            return text(formatCount(row.ranks));
        case RunTableModel::SeqLen:
            return text(formatCount(row.seqLen));
        case RunTableModel::Speed:
            return figure(row.tokensPerSecond);
        case RunTableModel::StepTime:
            return figure(row.stepMs);
        case RunTableModel::Exposed:
            return figure(row.exposedMs);
        case RunTableModel::Wait:
            return figure(row.waitMs);
        case RunTableModel::Memory:
            return row.peakBytes ? text(formatBytes({*row.peakBytes})) : dash();
        case RunTableModel::Parity:
            return parityText(row.parity);
        case RunTableModel::State:
            return row.archived ? RunTableModel::tr("%1, archived").arg(stateText(row))
                                : stateText(row);
        case RunTableModel::Tags:
            return row.tags;
        case RunTableModel::Note:
            return row.note.section(QLatin1Char('\n'), 0, 0);
        default:
            return {};
    }
}

QVariant sortKey(const RunRow& row, int column) {
    switch (column) {
        case RunTableModel::Started:
            return qlonglong(row.createdUs);
        case RunTableModel::Ranks:
            return qlonglong(row.ranks);
        case RunTableModel::SeqLen:
            return qlonglong(row.seqLen);
        case RunTableModel::Speed:
            return row.tokensPerSecond.value_or(-1);
        case RunTableModel::StepTime:
            return row.stepMs.value_or(-1);
        case RunTableModel::Exposed:
            return row.exposedMs.value_or(-1);
        case RunTableModel::Wait:
            return row.waitMs.value_or(-1);
        case RunTableModel::Memory:
            return qlonglong(row.peakBytes.value_or(-1));
        case RunTableModel::Parity:
            return int(row.parity);
        case RunTableModel::State:
            return int(row.status) + row.progress.value_or(0) / 2;
        default:
            return shown(row, column);
    }
}

bool isNumber(int column) {
    return column >= RunTableModel::Ranks && column <= RunTableModel::Memory;
}

QString explained(const RunRow& row, int column) {
    if (column == RunTableModel::State && !row.reason.isEmpty()) return row.reason;
    if (column == RunTableModel::Parity)
        return RunTableModel::tr("Losses and gradient norms against the run on one rank");
    if (column == RunTableModel::Exposed)
        return RunTableModel::tr(
            "Communication per step with no computation beside it; known of "
            "runs with profile.steps");
    if (column == RunTableModel::Wait)
        return RunTableModel::tr(
            "The part of exposed that waited for a late rank, per step; known of "
            "runs with profile.steps");
    if (column == RunTableModel::Started) return startedText(row.createdUs);
    if (column == RunTableModel::Note) return row.note;
    if (column == RunTableModel::Name)
        return row.name + QStringLiteral("\n") + text(row.id.text) + QStringLiteral("\n") +
               startedText(row.createdUs);
    return {};
}

}  // namespace

void RunTableModel::setRows(std::vector<RunRow> rows) {
    removeMissing(rows);
    std::map<RunId, std::size_t> known;
    for (std::size_t i = 0; i < rows_.size(); ++i) known[rows_[i].id] = i;

    std::vector<RunRow> added;
    for (RunRow& row : rows) {
        const auto found = known.find(row.id);
        if (found == known.end()) {
            added.push_back(std::move(row));
        } else if (rows_[found->second] != row) {
            rows_[found->second] = std::move(row);
            const int at = static_cast<int>(found->second);
            Q_EMIT dataChanged(index(at, 0), index(at, ColumnCount - 1));
        }
    }
    insertNewestFirst(std::move(added));
}

void RunTableModel::insertNewestFirst(std::vector<RunRow> added) {
    std::ranges::stable_sort(added, std::ranges::greater{}, &RunRow::createdUs);
    if (rows_.empty() && !added.empty()) {
        beginInsertRows({}, 0, static_cast<int>(added.size()) - 1);
        rows_ = std::move(added);
        endInsertRows();
        return;
    }
    for (RunRow& row : added) {
        const auto place = std::ranges::upper_bound(rows_, row.createdUs, std::ranges::greater{},
                                                    &RunRow::createdUs);
        const int at = static_cast<int>(place - rows_.begin());
        beginInsertRows({}, at, at);
        rows_.insert(place, std::move(row));
        endInsertRows();
    }
}

void RunTableModel::removeMissing(const std::vector<RunRow>& wanted) {
    std::set<RunId> ids;
    for (const RunRow& row : wanted) ids.insert(row.id);
    for (int i = static_cast<int>(rows_.size()) - 1; i >= 0; --i) {
        if (ids.contains(rows_[static_cast<std::size_t>(i)].id)) continue;
        beginRemoveRows({}, i, i);
        rows_.erase(rows_.begin() + i);
        endRemoveRows();
    }
}

const RunRow* RunTableModel::find(const RunId& id) const {
    const auto found = std::ranges::find(rows_, id, &RunRow::id);
    return found == rows_.end() ? nullptr : &*found;
}

int RunTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int RunTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const RunRow& row = rows_[static_cast<std::size_t>(index.row())];
    switch (role) {
        case Qt::DisplayRole:
            return shown(row, index.column());
        case Qt::ToolTipRole: {
            const QString words = explained(row, index.column());
            return words.isEmpty() ? QVariant() : QVariant(words);
        }
        case Qt::TextAlignmentRole:
            return int((isNumber(index.column()) ? Qt::AlignRight : Qt::AlignLeft) |
                       Qt::AlignVCenter);
        case SortRole:
            return sortKey(row, index.column());
        case RowRole:
            return QVariant::fromValue(static_cast<void*>(const_cast<RunRow*>(&row)));
        default:
            return {};
    }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int((isNumber(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Name:
            return tr("Name");
        case Experiment:
            return tr("Experiment");
        case Started:
            return tr("Started");
        case Host:
            return tr("Host");
        case Mode:
            return tr("Mode");
        case Ranks:
            return tr("Ranks");
        case SeqLen:
            return tr("Seq len");
        case Speed:
            return tr("Tokens/s");
        case StepTime:
            return tr("Step ms");
        case Exposed:
            return tr("Exposed ms");
        case Wait:
            return tr("Wait ms");
        case Memory:
            return tr("Peak memory");
        case Parity:
            return tr("Parity");
        case State:
            return tr("State");
        case Tags:
            return tr("Tags");
        case Note:
            return tr("Note");
        default:
            return {};
    }
}

const RunRow* runAt(const QModelIndex& index) {
    return static_cast<const RunRow*>(index.data(RunTableModel::RowRole).value<void*>());
}

}  // namespace ringscope::ui
