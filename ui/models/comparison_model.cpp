#include "ui/models/comparison_model.h"

#include "backend/core/look.h"
#include "backend/report/figure_table.h"
#include "backend/report/wording.h"
#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QPainter>
#include <QWidget>
#include <algorithm>

namespace ringscope::ui {
namespace {

using reporting::absenceWords;
using reporting::Figure;
using reporting::figuresOf;
using reporting::finishedWords;
using reporting::formatEnds;
using reporting::formatMedian;
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
    return QStringLiteral("%1 ×").arg(text(formatRatio(figure->median / against->median)));
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

QString ComparisonModel::Cell::line() const {
    QStringList parts{median};
    if (!ends.isEmpty()) parts << QStringLiteral("(%1)").arg(ends);
    if (!ratio.isEmpty()) parts << ratio;
    return parts.join(QLatin1Char(' '));
}

void ComparisonModel::addFigures() {
    for (const Figure* figure : figuresOf(*comparison_)) {
        const auto cellOf = [&](const RunGroup& group) {
            const std::optional<Spread>& spread = group.*figure->spread;
            return Cell{text(formatMedian(spread, figure->format)),
                        {},
                        text(formatEnds(spread, figure->format))};
        };
        Row row{.name = capitalised(figure->name),
                .explanation = text(figure->definition),
                .cells = {cellOf(comparison_->baseline.group)}};
        for (const Candidate& candidate : comparison_->candidates) {
            row.cells.push_back(cellOf(candidate.group));
            if (figure->share) continue;
            row.cells.back().ratio = ratio(candidate.group.*figure->spread,
                                           opponent(*comparison_, candidate).*figure->spread);
        }
        rows_.push_back(std::move(row));
    }
}

void ComparisonModel::addWords() {
    Row speed{tr("Speed"), tr("What the repeats allow to say about tokens/s"), {}};
    speed.cells.push_back({tr("baseline"), {}, {}});
    for (const Candidate& candidate : comparison_->candidates)
        speed.cells.push_back({text(speedWord(candidate.speed)), {}, {}});
    Row parity{tr("Parity"), tr("Against the run on one rank, over all steps"), {}};
    Row finished{tr("Runs"), tr("What became of the repeats"), {}};
    for (const RunGroup* group : comparison_->groups()) {
        parity.cells.push_back({text(parityWords(*group)), {}, {}});
        const std::string absence = absenceWords(*group);
        finished.cells.push_back({text(absence.empty() ? finishedWords(*group) : absence), {}, {}});
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
    const bool isName = index.column() == 0;
    const Cell cell =
        isName ? Cell{row.name, {}, {}} : row.cells[static_cast<std::size_t>(index.column() - 1)];
    switch (role) {
        case Qt::DisplayRole:
            return cell.line();
        case Qt::ToolTipRole:
            return isName ? row.explanation : cell.line();
        case Qt::TextAlignmentRole:
            return int((isName ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        case MedianRole:
            return cell.median;
        case RatioRole:
            return cell.ratio;
        case EndsRole:
            return cell.ends;
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

QSize ComparisonDelegate::sizeHint(const QStyleOptionViewItem& option,
                                   const QModelIndex& index) const {
    QSize size = CellDelegate::sizeHint(option, index);
    const bool twoLines = !index.data(ComparisonModel::EndsRole).toString().isEmpty();
    size.setHeight(scaled(twoLines ? 37 : 27));
    return size;
}

void ComparisonDelegate::paintContent(QPainter& painter, const QStyleOptionViewItem& option,
                                      const QRectF& box, const QModelIndex& index) const {
    const QString ends = index.data(ComparisonModel::EndsRole).toString();
    const QString ratio = index.data(ComparisonModel::RatioRole).toString();
    const auto alignment = Qt::Alignment(index.data(Qt::TextAlignmentRole).toInt());
    const Ink ink = inkOf(*option.widget);
    // The ratio has a column of its own at the cell's right, so that medians line up.
    const bool figures = index.column() > 1;
    const double ratioWidth =
        figures ? painter.fontMetrics().horizontalAdvance(QStringLiteral("  0.00 ×")) : 0;
    const QRectF first = ends.isEmpty() ? box : box.adjusted(0, scaled(3), 0, -box.height() / 2.2);
    const QString median = index.data(ComparisonModel::MedianRole).toString();
    if (ratio.isEmpty()) {
        paintText(painter, first, alignment, median);
    } else {
        paintText(painter, first.adjusted(0, 0, -ratioWidth, 0), alignment, median);
        painter.setPen(ink.muted);
        paintText(painter, first, Qt::AlignRight, ratio);
    }
    if (ends.isEmpty()) return;
    QFont small = option.font;
    small.setPixelSize(scaled(smallText));
    painter.setFont(small);
    painter.setPen(ink.muted);
    const bool beside = !ratio.isEmpty();
    paintText(painter, box.adjusted(0, box.height() / 2.2, beside ? -ratioWidth : 0, -scaled(2)),
              alignment, ends);
}

}  // namespace ringscope::ui
