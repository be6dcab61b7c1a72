#include "ui/models/rank_figures_model.h"

#include "backend/core/units.h"
#include "ui/timeline/span_words.h"
#include "ui/widgets/parts.h"

#include <algorithm>

namespace ringscope::ui {
namespace {

struct ColumnWords {
    const char* name;
    const char* meaning;
};
constexpr ColumnWords columns[] = {
    {QT_TRANSLATE_NOOP("ringscope::ui::RankFiguresModel", "Rank"), ""},
    {QT_TRANSLATE_NOOP("ringscope::ui::RankFiguresModel", "Attention"),
     "blocks of queries and keys"},
    {QT_TRANSLATE_NOOP("ringscope::ui::RankFiguresModel", "Compute"),
     "all computation, attention included"},
    {QT_TRANSLATE_NOOP("ringscope::ui::RankFiguresModel", "Hidden"),
     "communication behind computation"},
    {QT_TRANSLATE_NOOP("ringscope::ui::RankFiguresModel", "Exposed"),
     "communication during which nothing was computed"},
    {QT_TRANSLATE_NOOP("ringscope::ui::RankFiguresModel", "Wait"),
     "exposed communication before the last rank had come: what waiting cost this rank"},
    {QT_TRANSLATE_NOOP("ringscope::ui::RankFiguresModel", "Hidden wait"),
     "communication before the last rank had come, behind computation: it cost nothing"},
    {QT_TRANSLATE_NOOP("ringscope::ui::RankFiguresModel", "Transfer"),
     "communication while bytes moved"},
    {QT_TRANSLATE_NOOP("ringscope::ui::RankFiguresModel", "Awaited"),
     "the others' waits for this rank, summed"},
};

double ms(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

QString shown(double value) {
    return value == 0 ? QStringLiteral("0") : text(formatSignificant(value));
}

}  // namespace

void RankFiguresModel::setClock(ClockVerdict clock) {
    clock_ = std::move(clock);
    if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

bool RankFiguresModel::known(int column) const {
    return clock_.splits ||
           (column != Wait && column != HiddenWait && column != Transfer && column != Blamed);
}

void RankFiguresModel::setFigures(WindowFigures figures) {
    const bool sameRows = figures.ranks.size() == figures_.ranks.size();
    if (!sameRows) beginResetModel();
    figures_ = std::move(figures);
    if (!sameRows) return endResetModel();
    if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int RankFiguresModel::rowCount(const QModelIndex& parent) const {
    const auto ranks = static_cast<int>(figures_.ranks.size());
    return parent.isValid() || ranks == 0 ? 0 : ranks + 1;
}

int RankFiguresModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

double RankFiguresModel::milliseconds(int row, int column) const {
    if (row == static_cast<int>(figures_.ranks.size())) {
        double sum = 0;
        for (int r = 0; r < row; ++r) sum += milliseconds(r, column);
        return sum / row;
    }
    const RankFigures& rank = figures_.ranks[static_cast<std::size_t>(row)];
    switch (column) {
        case Attention:
            return ms(rank.attention);
        case Compute:
            return ms(rank.compute);
        case Hidden:
            return ms(rank.communication.hidden);
        case Exposed:
            return ms(rank.communication.exposed);
        case Wait:
            return ms(rank.communication.wait);
        case HiddenWait:
            return ms(rank.communication.hiddenWait);
        case Transfer:
            return ms(rank.communication.transfer);
        case Blamed: {
            const auto blame = std::ranges::find(figures_.blame, rank.rank, &Blame::rank);
            return blame == figures_.blame.end() ? 0 : ms(blame->causedWait);
        }
        default:
            return 0;
    }
}

QVariant RankFiguresModel::data(const QModelIndex& index, int role) const {
    if (role == Qt::TextAlignmentRole)
        return int(index.column() == Rank ? Qt::AlignLeft : Qt::AlignRight);
    if (role == Qt::ToolTipRole)
        return known(index.column()) ? headerData(index.column(), Qt::Horizontal, role)
                                     : QVariant(clockText(clock_));
    if (role == Qt::AccessibleTextRole && !known(index.column()))
        return tr("not known: %1").arg(clockText(clock_));
    if (role != Qt::DisplayRole) return {};
    if (!known(index.column())) return QStringLiteral("–");
    if (index.column() != Rank) return shown(milliseconds(index.row(), index.column()));
    const bool mean = index.row() == static_cast<int>(figures_.ranks.size());
    if (mean) return tr("mean");
    return QString::number(figures_.ranks[static_cast<std::size_t>(index.row())].rank);
}

QVariant RankFiguresModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount) return {};
    const ColumnWords& words = columns[section];
    if (role == Qt::DisplayRole) return tr(words.name);
    if (role == Qt::ToolTipRole) return tr(words.meaning);
    if (role == Qt::TextAlignmentRole)
        return int((section == Rank ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    return {};
}

QString totalsText(const WindowFigures& figures, bool splits) {
    const auto ranks = static_cast<std::int64_t>(figures.ranks.size());
    if (ranks == 0) return {};
    CommunicationFigures sum;
    std::int64_t attention = 0;
    for (const RankFigures& rank : figures.ranks) {
        attention += rank.attention;
        sum.hidden += rank.communication.hidden;
        sum.exposed += rank.communication.exposed;
        sum.wait += rank.communication.wait;
        sum.transfer += rank.communication.transfer;
        sum.unpaired += rank.communication.unpaired;
        sum.bytes += rank.communication.bytes;
    }
    const auto mean = [&](std::int64_t ns) { return timeText(ns / ranks); };
    QString wait = RankFiguresModel::tr("wait %1").arg(mean(sum.wait));
    const auto late = std::ranges::max_element(figures.blame, {}, &Blame::causedWait);
    if (!splits)
        wait = RankFiguresModel::tr("wait not known");
    else if (late != figures.blame.end() && late->causedWait > 0)
        wait += RankFiguresModel::tr(", most for rank %1").arg(late->rank);
    // Traces of other tools may have messages without their sizes.
    const bool unsized = sum.bytes == 0 && sum.transfer > 0;
    QString sent = unsized ? RankFiguresModel::tr("bytes not known")
                           : RankFiguresModel::tr("sent %1").arg(text(formatBytes({sum.bytes})));
    if (splits && sum.transfer > 0 && sum.unpaired == 0 && !unsized)
        sent += RankFiguresModel::tr(", %1 GB/s while moving")
                    .arg(text(formatSignificant(double(sum.bytes) / double(sum.transfer))));
    QStringList parts{
        timeText(figures.window.end - figures.window.begin),
        RankFiguresModel::tr("mean of ranks: attention %1").arg(mean(attention)),
        RankFiguresModel::tr("hidden %1").arg(mean(sum.hidden)),
        RankFiguresModel::tr("exposed %1 (%2)").arg(mean(sum.exposed), wait),
        sent,
    };
    if (sum.unpaired > 0)
        parts << RankFiguresModel::tr("%1 with ranks that are not in the trace")
                     .arg(mean(sum.unpaired));
    return parts.join(QStringLiteral(" · "));
}

}  // namespace ringscope::ui
