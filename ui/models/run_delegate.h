// Paints the run table's cells that say more than a word: the mode with its marker, and the state
// with its colour, and its progress while the run goes on.
#pragma once

#include <QStyledItemDelegate>

namespace ringscope::ui {

class RunDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace ringscope::ui
