#include "ui/models/run_delegate.h"

#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/models/run_table_model.h"

#include <QPainter>
#include <QWidget>

namespace ringscope::ui {
namespace {

struct StateLook {
    Marker marker;
    QColor colour;
};

StateLook stateLook(RunStatus status, const Ink& ink) {
    switch (status) {
        case RunStatus::Finished:
            return {Marker::Circle, ink.good};
        case RunStatus::Failed:
            return {Marker::Cross, ink.bad};
        case RunStatus::Lost:
            return {Marker::Cross, ink.caution};
        case RunStatus::Cancelled:
            return {Marker::Square, ink.muted};
        default:
            return {Marker::Triangle, ink.accent};
    }
}

void paintProgress(QPainter& painter, const QRectF& box, double share, const Ink& ink) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink.line);
    painter.drawRoundedRect(box, 2, 2);
    painter.setBrush(ink.accent);
    painter.drawRoundedRect(QRectF(box.topLeft(), QSizeF(box.width() * share, box.height())), 2, 2);
}

}  // namespace

void RunDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
    const RunRow* run = runAt(index);
    const bool drawn =
        index.column() == RunTableModel::Mode || index.column() == RunTableModel::State;
    if (run == nullptr || !drawn || option.widget == nullptr)
        return QStyledItemDelegate::paint(painter, option, index);

    QStyleOptionViewItem plain = option;
    initStyleOption(&plain, index);
    const QString words = plain.text;
    plain.text.clear();
    option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &plain, painter, option.widget);

    const Ink ink = inkOf(*option.widget);
    const int margin = scaled(8);
    const int side = scaled(10);
    QRectF box = option.rect.adjusted(margin, 0, -margin, 0);
    const QRectF mark(box.left(), box.center().y() - side / 2.0, side, side);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (index.column() == RunTableModel::Mode) {
        const std::string mode = run->mode.toStdString();
        paintMarker(*painter, modeLook(mode).marker, mark, ink.mode(mode));
    } else {
        const StateLook state = stateLook(run->status, ink);
        paintMarker(*painter, state.marker, mark, state.colour);
        if (run->status == RunStatus::Running) {
            const QRectF bar(box.left(), box.bottom() - scaled(5), box.width(), scaled(3));
            paintProgress(*painter, bar, run->progress, ink);
        }
    }
    box.setLeft(mark.right() + scaled(7));
    painter->setFont(option.font);
    painter->setPen(ink.text);
    painter->drawText(
        box, Qt::AlignLeft | Qt::AlignVCenter,
        painter->fontMetrics().elidedText(words, Qt::ElideRight, static_cast<int>(box.width())));
    painter->restore();
}

QSize RunDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    const bool marked =
        index.column() == RunTableModel::Mode || index.column() == RunTableModel::State;
    if (marked) size.rwidth() += scaled(20);
    size.setHeight(scaled(30));
    return size;
}

}  // namespace ringscope::ui
