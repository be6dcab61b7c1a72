// Paints the run table's cells that say more than a word: the mode with its marker, and the state
// with its colour, and its progress while the run goes on.
#pragma once

#include "ui/models/cell_delegate.h"

namespace ringscope::ui {

class RunDelegate : public CellDelegate {
    Q_OBJECT

public:
    using CellDelegate::CellDelegate;

protected:
    void paintContent(QPainter& painter, const QStyleOptionViewItem& option, const QRectF& box,
                      const QModelIndex& index) const override;
};

}  // namespace ringscope::ui
