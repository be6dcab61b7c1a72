#include "ui/models/cell_delegate.h"

#include "ui/look/theme.h"

#include <QPainter>
#include <QWidget>

namespace ringscope::ui {

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const {
    if (option.widget == nullptr) return QStyledItemDelegate::paint(painter, option, index);
    QStyleOptionViewItem plain = option;
    initStyleOption(&plain, index);
    plain.text.clear();
    option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &plain, painter, option.widget);

    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setFont(option.font);
    painter->setPen(inkOf(*option.widget).text);
    const int margin = scaled(8);
    paintContent(*painter, option, QRectF(option.rect).adjusted(margin, 0, -margin, 0), index);
    painter->restore();
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const QString words = index.data(Qt::DisplayRole).toString();
    return {option.fontMetrics.horizontalAdvance(words) + scaled(18), scaled(30)};
}

void CellDelegate::paintContent(QPainter& painter, const QStyleOptionViewItem& option,
                                const QRectF& box, const QModelIndex& index) const {
    const auto alignment = Qt::Alignment(index.data(Qt::TextAlignmentRole).toInt());
    paintText(painter, box, alignment, index.data(Qt::DisplayRole).toString(),
              option.textElideMode);
}

void CellDelegate::paintText(QPainter& painter, const QRectF& box, Qt::Alignment alignment,
                             const QString& words, Qt::TextElideMode elide) {
    const int width = static_cast<int>(box.width());
    painter.drawText(box, static_cast<int>(alignment | Qt::AlignVCenter),
                     painter.fontMetrics().elidedText(words, elide, width));
}

}  // namespace ringscope::ui
