#include "ui/migrate/key_model.h"

#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QPainter>
#include <algorithm>

namespace ringscope::ui {
namespace {

int urgency(Verdict verdict) {
    const std::vector<Verdict> order = verdictsByUrgency();
    return static_cast<int>(std::ranges::find(order, verdict) - order.begin());
}

}  // namespace

std::vector<Verdict> verdictsByUrgency() {
    return {Verdict::NeedsDecision,  Verdict::Dangerous, Verdict::Unknown, Verdict::Dropped,
            Verdict::DefaultChanged, Verdict::Converted, Verdict::Renamed, Verdict::Kept};
}

VerdictLook verdictLook(Verdict verdict) {
    QString word = text(verdictName(verdict));
    word.replace(QLatin1Char('_'), QLatin1Char(' '));
    switch (verdict) {
        case Verdict::NeedsDecision:
            return {Icon::Question, Tone::Caution, word, KeyModel::tr("Only you can know it.")};
        case Verdict::Dangerous:
            return {Icon::Warning, Tone::Bad, word,
                    KeyModel::tr("The old stack did not do what the key says, or does so in "
                                 "silence.")};
        case Verdict::Unknown:
            return {Icon::Unknown, Tone::Caution, word,
                    KeyModel::tr("No key of this kind of file; left out.")};
        case Verdict::Dropped:
            return {Icon::Drop, Tone::Muted, word,
                    KeyModel::tr("Left out; the reason says what follows from that.")};
        case Verdict::DefaultChanged:
            return {Icon::Convert, Tone::OnPage, word,
                    KeyModel::tr("The key is absent, and the stacks' defaults differ.")};
        case Verdict::Converted:
            return {Icon::Convert, Tone::OnPage, word,
                    KeyModel::tr("Another value that means the same.")};
        case Verdict::Renamed:
            return {Icon::Rename, Tone::Good, word, KeyModel::tr("Another key, the same value.")};
        case Verdict::Kept:
            return {Icon::Check, Tone::Good, word,
                    KeyModel::tr("Ringscope does what the key says.")};
    }
    return {Icon::Unknown, Tone::OnPage, word, {}};
}

void KeyModel::setKeys(std::vector<KeyVerdict> keys, std::string sourceName) {
    beginResetModel();
    keys_ = std::move(keys);
    sourceName_ = std::move(sourceName);
    endResetModel();
}

int KeyModel::count(KeyUse use) const {
    return static_cast<int>(std::ranges::count(keys_, use, &KeyVerdict::use));
}

int KeyModel::count(Verdict verdict, const std::set<KeyUse>& uses) const {
    return static_cast<int>(std::ranges::count_if(keys_, [&](const KeyVerdict& key) {
        return key.verdict == verdict && (uses.empty() || uses.contains(key.use));
    }));
}

QString KeyModel::place(const KeyVerdict& key) const {
    const QString file = fileNameOf(key.file.empty() ? sourceName_ : key.file);
    return key.line == 0 ? tr("not in %1").arg(file)
                         : QStringLiteral("%1:%2:%3")
                               .arg(file, QString::number(key.line), QString::number(key.column));
}

int KeyModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(keys_.size());
}

int KeyModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString KeyModel::cell(const KeyVerdict& key, int column) const {
    switch (column) {
        case VerdictColumn:
            return verdictLook(key.verdict).word;
        case Line:
            return key.line == 0 ? QStringLiteral("–") : QString::number(key.line);
        case Key:
            if (key.file.empty() || key.file == sourceName_) return text(key.path);
            return QStringLiteral("%1: %2").arg(fileNameOf(key.file), text(key.path));
        case OldValue:
            return text(key.old);
        case NewKey:
            return text(key.newPath);
        case NewValue:
            return text(key.newValue);
        case Reason:
            return text(key.reason);
        default:
            return {};
    }
}

QVariant KeyModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const KeyVerdict& shown = key(index.row());
    switch (role) {
        case Qt::DisplayRole:
            return cell(shown, index.column());
        case Qt::ToolTipRole:
            return index.column() == VerdictColumn ? verdictLook(shown.verdict).meaning
                                                   : cell(shown, index.column());
        case Qt::TextAlignmentRole:
            return int((index.column() == Line ? Qt::AlignRight : Qt::AlignLeft) |
                       Qt::AlignVCenter);
        case VerdictRole:
            return int(shown.verdict);
        case OrderRole:
            if (index.column() == VerdictColumn)
                return urgency(shown.verdict) * rowCount() + index.row();
            if (index.column() == Line) return index.row();
            return cell(shown, index.column());
        default:
            return {};
    }
}

QVariant KeyModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Line ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    const QString titles[] = {tr("Verdict"), tr("Line"),      tr("Old key"), tr("Old value"),
                              tr("New key"), tr("New value"), tr("Reason")};
    return section >= 0 && section < ColumnCount ? QVariant(titles[section]) : QVariant();
}

KeyFilter::KeyFilter(KeyModel& keys, QObject* parent) : QSortFilterProxyModel(parent), keys_(keys) {
    setSourceModel(&keys);
    setSortRole(KeyModel::OrderRole);
    setSortCaseSensitivity(Qt::CaseInsensitive);
    sort(KeyModel::VerdictColumn);
}

void KeyFilter::setUses(std::set<KeyUse> uses) {
    uses_ = std::move(uses);
    invalidateFilter();
}

void KeyFilter::setVerdicts(std::set<Verdict> verdicts) {
    verdicts_ = std::move(verdicts);
    invalidateFilter();
}

bool KeyFilter::filterAcceptsRow(int row, const QModelIndex&) const {
    const KeyVerdict& key = keys_.key(row);
    return (uses_.empty() || uses_.contains(key.use)) &&
           (verdicts_.empty() || verdicts_.contains(key.verdict));
}

void KeyDelegate::paintContent(QPainter& painter, const QStyleOptionViewItem& option,
                               const QRectF& box, const QModelIndex& index) const {
    if (index.column() != KeyModel::VerdictColumn) {
        if (index.column() == KeyModel::Reason) painter.setPen(inkOf(*option.widget).muted);
        return CellDelegate::paintContent(painter, option, box, index);
    }
    const VerdictLook look = verdictLook(Verdict(index.data(KeyModel::VerdictRole).toInt()));
    const int side = scaled(16);
    const QRect place(static_cast<int>(box.left()), static_cast<int>(box.center().y()) - side / 2,
                      side, side);
    icon(look.icon, look.tone).paint(&painter, place);
    painter.setPen(toneColour(inkOf(*option.widget), look.tone));
    paintText(painter, box.adjusted(side + scaled(8), 0, 0, 0), Qt::AlignLeft, look.word);
}

}  // namespace ringscope::ui
