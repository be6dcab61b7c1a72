// Paints table cells of our own measure: the header's margin, and a text that is elided, not cut.
// Subclasses put marks before the text or say more than one line.
#pragma once

#include <QStyledItemDelegate>

namespace ringscope::ui {

class CellDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    // `box` is the cell without its margins; the background is painted.
    virtual void paintContent(QPainter& painter, const QStyleOptionViewItem& option,
                              const QRectF& box, const QModelIndex& index) const;

    static void paintText(QPainter& painter, const QRectF& box, Qt::Alignment alignment,
                          const QString& words, Qt::TextElideMode elide = Qt::ElideRight);
};

}  // namespace ringscope::ui
