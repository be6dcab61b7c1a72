#include "ui/models/ring_step_model.h"

#include "backend/core/units.h"
#include "ui/timeline/span_words.h"
#include "ui/widgets/parts.h"

#include <algorithm>
#include <set>

namespace ringscope::ui {

void RingStepModel::setFindings(const RunFindings& findings) {
    beginResetModel();
    std::set<int> ranks;
    std::set<std::pair<SpanPass, int>> places;
    cells_.clear();
    clock_ = findings.clock;
    for (const RingStepFigures& step : findings.ringSteps) {
        ranks.insert(step.rank);
        places.insert({step.pass, step.ringStep});
        cells_[{step.rank, {step.pass, step.ringStep}}] = step;
    }
    ranks_.assign(ranks.begin(), ranks.end());
    places_.assign(places.begin(), places.end());
    steps_ = static_cast<double>(std::max<std::int64_t>(1, findings.steps));
    endResetModel();
    setFigure(figure_);
}

void RingStepModel::setFigure(Figure figure) {
    figure_ = figure;
    largest_ = 0;
    for (const auto& [place, step] : cells_)
        if (known(figure)) largest_ = std::max(largest_, milliseconds(step, figure));
    if (rowCount() > 0) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

double RingStepModel::milliseconds(const RingStepFigures& step, Figure figure) const {
    const std::int64_t ns = figure == Figure::Attention ? step.attention
                            : figure == Figure::Exposed ? step.communication.exposed
                                                        : step.communication.wait;
    return static_cast<double>(ns) / 1e6 / steps_;
}

int RingStepModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(ranks_.size());
}

int RingStepModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(places_.size());
}

std::optional<RingStepModel::Cell> RingStepModel::cell(const QModelIndex& index) const {
    const RingStepFigures* step = at(index);
    if (step == nullptr) return std::nullopt;
    return Cell{step->rank, step->pass, step->ringStep};
}

const RingStepFigures* RingStepModel::at(const QModelIndex& index) const {
    if (!index.isValid()) return nullptr;
    const auto found = cells_.find({ranks_[static_cast<std::size_t>(index.row())],
                                    places_[static_cast<std::size_t>(index.column())]});
    return found == cells_.end() ? nullptr : &found->second;
}

QVariant RingStepModel::data(const QModelIndex& index, int role) const {
    const RingStepFigures* step = at(index);
    if (role == Qt::TextAlignmentRole) return int(Qt::AlignRight);
    if (step == nullptr) return role == Qt::DisplayRole ? QStringLiteral("–") : QVariant();
    const auto words = [&](Figure figure) {
        if (!known(figure)) return QStringLiteral("–");
        const double value = milliseconds(*step, figure);
        return value == 0 ? QStringLiteral("0") : text(formatSignificant(value));
    };
    if (role == Qt::DisplayRole) return words(figure_);
    if (role == Qt::AccessibleTextRole && !known(figure_))
        return tr("not known: %1").arg(clockText(clock_));
    if (role == HeatRole) return largest_ > 0 ? milliseconds(*step, figure_) / largest_ : 0.0;
    if (role == Qt::ToolTipRole) {
        const QString figures =
            tr("rank %1, %2, ring step %3, milliseconds per training step:\n"
               "attention %4 · exposed %5 · wait %6\nclick: show its longest occurrence")
                .arg(step->rank)
                .arg(text(spanPassName(step->pass)))
                .arg(step->ringStep)
                .arg(words(Figure::Attention), words(Figure::Exposed), words(Figure::Wait));
        return clock_.splits ? figures : figures + QLatin1Char('\n') + clockText(clock_);
    }
    return {};
}

QVariant RingStepModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role == Qt::TextAlignmentRole)
        return int((orientation == Qt::Horizontal ? Qt::AlignRight : Qt::AlignLeft) |
                   Qt::AlignVCenter);
    if (role != Qt::DisplayRole || section < 0) return {};
    const auto at = static_cast<std::size_t>(section);
    if (orientation == Qt::Vertical)
        return at < ranks_.size() ? tr("rank %1").arg(ranks_[at]) : QVariant();
    if (at >= places_.size()) return {};
    const SpanPass pass = places_[at].first;
    const char* name = pass == SpanPass::Backward    ? "bwd"
                       : pass == SpanPass::Recompute ? "again"
                                                     : "fwd";
    return QStringLiteral("%1 s%2").arg(QLatin1String(name)).arg(places_[at].second);
}

}  // namespace ringscope::ui
