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
using reporting::formatMedian;
using reporting::parityWords;

QString capitalised(std::string_view words) {
    QString sentence = text(words);
    if (!sentence.isEmpty()) sentence[0] = sentence[0].toUpper();
    return sentence;
}

// The group whose figures a candidate is measured against; nothing for that group itself.
const RunGroup* opponent(const Comparison& comparison, const Candidate& candidate) {
    for (const RunGroup* group : comparison.groups())
        if (group->label == candidate.against) return group;
    return nullptr;
}

// Whether the cell's column keeps room for ratios.
bool hasRatios(const QModelIndex& index) {
    const auto* model = qobject_cast<const ComparisonModel*>(index.model());
    return index.column() > (model != nullptr && model->groupsAreRows() ? 0 : 1);
}

// As wide as usual ratios, so that medians line up, and as this cell's where that is longer.
int roomOfRatio(const QFontMetrics& metrics, const QModelIndex& index) {
    if (!hasRatios(index)) return 0;
    const QString ratio = index.data(ComparisonModel::RatioRole).toString();
    return std::max(metrics.horizontalAdvance(QStringLiteral("  0.00 ×")),
                    metrics.horizontalAdvance(QStringLiteral("  ") + ratio));
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
    groupRows_.clear();
    groupsAreRows_ = false;
    if (comparison_) {
        addFigures();
        addWords();
        addGroupRows();
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
                        text(reporting::figureDetail(*figure, group))};
        };
        Row row{.name = capitalised(figure->name),
                .explanation = text(figure->definition),
                .cells = {cellOf(comparison_->baseline.group)}};
        for (const Candidate& candidate : comparison_->candidates) {
            row.cells.push_back(cellOf(candidate.group));
            const RunGroup* other = opponent(*comparison_, candidate);
            if (figure->share || other == nullptr) continue;
            row.cells.back().ratio = ratio(candidate.group.*figure->spread, other->*figure->spread);
        }
        rows_.push_back(std::move(row));
    }
}

void ComparisonModel::addWords() {
    Row speed{tr("Speed"), tr("What the repeats allow to say about tokens/s"), {}};
    speed.cells.push_back({tr("baseline"), {}, {}});
    for (const Candidate& candidate : comparison_->candidates)
        speed.cells.push_back(
            {candidate.against.empty() ? tr("baseline") : text(speedWord(candidate.speed)),
             {},
             {}});
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

void ComparisonModel::addGroupRows() {
    constexpr std::size_t mostColumns = 5;
    const std::vector<Section>& sections = comparison_->sections;
    groupsAreRows_ = sections.size() > 1 || comparison_->groups().size() > mostColumns;
    if (!groupsAreRows_) return;
    for (const Section& section : sections) {
        const std::string title = reporting::sectionTitle(*comparison_, section);
        if (!title.empty()) groupRows_.push_back({text(title), std::nullopt});
        for (const std::size_t group : section.groups) groupRows_.push_back({{}, group});
    }
}

bool ComparisonModel::isHeading(int row) const {
    return groupsAreRows_ && row >= 0 && row < static_cast<int>(groupRows_.size()) &&
           !groupRows_[static_cast<std::size_t>(row)].group;
}

std::optional<std::size_t> ComparisonModel::groupIndexAt(int row, int column) const {
    if (!comparison_) return std::nullopt;
    if (groupsAreRows_) {
        if (row < 0 || row >= static_cast<int>(groupRows_.size())) return std::nullopt;
        return groupRows_[static_cast<std::size_t>(row)].group;
    }
    if (column < 1 || column > static_cast<int>(comparison_->candidates.size()) + 1)
        return std::nullopt;
    return static_cast<std::size_t>(column - 1);
}

const RunGroup* ComparisonModel::groupAt(int row, int column) const {
    const std::optional<std::size_t> group = groupIndexAt(row, column);
    return group ? comparison_->groups()[*group] : nullptr;
}

QString ComparisonModel::groupName(std::size_t group) const {
    const RunGroup& of = *comparison_->groups()[group];
    return text(markerGlyph(modeLook(of.mode).marker)) + QStringLiteral(" ") + text(of.rowLabel);
}

int ComparisonModel::rowCount(const QModelIndex& parent) const {
    if (parent.isValid()) return 0;
    return static_cast<int>(groupsAreRows_ ? groupRows_.size() : rows_.size());
}

int ComparisonModel::columnCount(const QModelIndex& parent) const {
    if (parent.isValid() || !comparison_) return 0;
    if (groupsAreRows_) return 1 + static_cast<int>(rows_.size());
    return 2 + static_cast<int>(comparison_->candidates.size());
}

QVariant ComparisonModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const bool isName = index.column() == 0;
    if (role == Qt::TextAlignmentRole)
        return int((isName ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == HeadingRole) return isHeading(index.row());
    const std::optional<std::size_t> group = groupIndexAt(index.row(), index.column());
    Cell cell;
    QString explanation;
    if (groupsAreRows_) {
        const GroupRow& row = groupRows_[static_cast<std::size_t>(index.row())];
        if (isName)
            cell.median = group ? groupName(*group) : row.title;
        else if (group)
            cell = rows_[static_cast<std::size_t>(index.column() - 1)].cells[*group];
        if (isName && group) explanation = text(comparison_->groups()[*group]->label);
    } else {
        const Row& row = rows_[static_cast<std::size_t>(index.row())];
        cell = isName ? Cell{row.name, {}, {}} : row.cells[*group];
        if (isName) explanation = row.explanation;
    }
    switch (role) {
        case Qt::DisplayRole:
            return cell.line();
        case Qt::ToolTipRole:
            return explanation.isEmpty() ? cell.line() : explanation;
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

QVariant ComparisonModel::groupHeader(std::size_t group, int role) const {
    if (role == ModeRole) return text(comparison_->groups()[group]->mode);
    if (role != Qt::DisplayRole) return {};
    return group == 0 ? tr("%1 (baseline)").arg(groupName(group)) : groupName(group);
}

QVariant ComparisonModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || !comparison_) return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (section == 0) {
        const QString name = groupsAreRows_ ? tr("Configuration") : tr("Figure");
        return role == Qt::DisplayRole ? QVariant(name) : QVariant();
    }
    if (section < 1 || section >= columnCount()) return {};
    const auto at = static_cast<std::size_t>(section - 1);
    if (!groupsAreRows_) return groupHeader(at, role);
    if (role == Qt::DisplayRole) return rows_[at].name;
    return role == Qt::ToolTipRole ? QVariant(rows_[at].explanation) : QVariant();
}

QSize ComparisonDelegate::sizeHint(const QStyleOptionViewItem& option,
                                   const QModelIndex& index) const {
    QSize size = CellDelegate::sizeHint(option, index);
    const auto advance = [&](int role) {
        return option.fontMetrics.horizontalAdvance(index.data(role).toString());
    };
    const int figures =
        std::max(advance(ComparisonModel::MedianRole), advance(ComparisonModel::EndsRole));
    size.setWidth(figures + roomOfRatio(option.fontMetrics, index) + scaled(20));
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
    if (index.data(ComparisonModel::HeadingRole).toBool()) {
        QFont bold = option.font;
        bold.setBold(true);
        painter.setFont(bold);
        return paintText(painter, box, alignment, index.data().toString());
    }
    const double ratioWidth = roomOfRatio(painter.fontMetrics(), index);
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
