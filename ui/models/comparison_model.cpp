#include "ui/models/comparison_model.h"

#include "backend/report/figure_table.h"
#include "backend/report/look.h"
#include "backend/report/wording.h"
#include "ui/widgets/parts.h"

#include <algorithm>

namespace ringscope::ui {
namespace {

using reporting::absenceWords;
using reporting::Figure;
using reporting::figureTable;
using reporting::finishedWords;
using reporting::formatSpread;
using reporting::parityWords;

QString capitalised(std::string_view words) {
    QString sentence = text(words);
    if (!sentence.isEmpty()) sentence[0] = sentence[0].toUpper();
    return sentence;
}

// The group whose figures a candidate is measured against.
const RunGroup& opponent(const Comparison& comparison, const Candidate& candidate) {
    for (const RunGroup* group : comparison.groups())
        if (group->label == candidate.against) return *group;
    return comparison.baseline.group;
}

QString ratio(const std::optional<Spread>& figure, const std::optional<Spread>& against) {
    if (!figure || !against || against->median == 0) return {};
    return QStringLiteral("   %1 ×").arg(text(formatRatio(figure->median / against->median)));
}

}  // namespace

void ComparisonModel::setComparison(std::optional<Comparison> comparison) {
    beginResetModel();
    comparison_ = std::move(comparison);
    rows_.clear();
    if (comparison_) {
        addFigures();
        addWords();
    }
    endResetModel();
}

void ComparisonModel::addFigures() {
    for (const Figure& figure : figureTable()) {
        Row row{
            .name = capitalised(figure.name), .explanation = text(figure.definition), .cells = {}};
        const RunGroup& baseline = comparison_->baseline.group;
        row.cells.push_back(text(formatSpread(baseline.*figure.spread, figure.format)));
        for (const Candidate& candidate : comparison_->candidates)
            row.cells.push_back(text(formatSpread(candidate.group.*figure.spread, figure.format)) +
                                ratio(candidate.group.*figure.spread,
                                      opponent(*comparison_, candidate).*figure.spread));
        rows_.push_back(std::move(row));
    }
}

void ComparisonModel::addWords() {
    Row speed{tr("Speed"), tr("What the repeats allow to say about tokens/s"), {tr("baseline")}};
    for (const Candidate& candidate : comparison_->candidates)
        speed.cells.push_back(text(speedWord(candidate.speed)));
    Row parity{tr("Parity"), tr("Against the run on one rank, over all steps"), {}};
    Row finished{tr("Runs"), tr("What became of the repeats"), {}};
    for (const RunGroup* group : comparison_->groups()) {
        parity.cells.push_back(text(parityWords(*group)));
        const std::string absence = absenceWords(*group);
        finished.cells.push_back(text(absence.empty() ? finishedWords(*group) : absence));
    }
    rows_.push_back(std::move(speed));
    rows_.push_back(std::move(parity));
    rows_.push_back(std::move(finished));
}

int ComparisonModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int ComparisonModel::columnCount(const QModelIndex& parent) const {
    if (parent.isValid() || !comparison_) return 0;
    return 2 + static_cast<int>(comparison_->candidates.size());
}

QVariant ComparisonModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    const bool name = index.column() == 0;
    switch (role) {
        case Qt::DisplayRole:
            return name ? row.name : row.cells[static_cast<std::size_t>(index.column() - 1)];
        case Qt::ToolTipRole:
            return name ? row.explanation : row.cells[static_cast<std::size_t>(index.column() - 1)];
        case Qt::TextAlignmentRole:
            return int((name ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        default:
            return {};
    }
}

QVariant ComparisonModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || !comparison_) return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (section == 0) return role == Qt::DisplayRole ? QVariant(tr("Figure")) : QVariant();
    const std::vector<const RunGroup*> groups = comparison_->groups();
    if (section < 1 || section > static_cast<int>(groups.size())) return {};
    const RunGroup& group = *groups[static_cast<std::size_t>(section - 1)];
    if (role == ModeRole) return text(group.mode);
    if (role != Qt::DisplayRole) return {};
    const QString name =
        text(markerGlyph(modeLook(group.mode).marker)) + QStringLiteral(" ") + text(group.label);
    return section == 1 ? tr("%1 (baseline)").arg(name) : name;
}

}  // namespace ringscope::ui
