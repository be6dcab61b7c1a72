#include "ui/models/run_delegate.h"

#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/models/run_filter.h"
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

// The first run of an experiment, where the table is grouped.
bool beginsGroup(const RunRow& run, const QModelIndex& index) {
    const auto* filter = qobject_cast<const RunFilterModel*>(index.model());
    if (filter == nullptr || !filter->grouped() || index.row() == 0) return false;
    const RunRow* above = runAt(index.siblingAtRow(index.row() - 1));
    return above != nullptr && above->experimentId != run.experimentId;
}

void paintProgress(QPainter& painter, const QRectF& box, double share, const Ink& ink) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink.line);
    painter.drawRoundedRect(box, 2, 2);
    painter.setBrush(ink.accent);
    painter.drawRoundedRect(QRectF(box.topLeft(), QSizeF(box.width() * share, box.height())), 2, 2);
}

}  // namespace

void RunDelegate::paintContent(QPainter& painter, const QStyleOptionViewItem& option,
                               const QRectF& box, const QModelIndex& index) const {
    const RunRow* run = runAt(index);
    if (run != nullptr && beginsGroup(*run, index)) {
        painter.save();
        painter.setPen(QPen(inkOf(*option.widget).muted, scaled(1)));
        painter.drawLine(option.rect.topLeft(), option.rect.topRight());
        painter.restore();
    }
    const bool isMode = index.column() == RunTableModel::Mode;
    if (run == nullptr || (!isMode && index.column() != RunTableModel::State))
        return CellDelegate::paintContent(painter, option, box, index);

    const Ink ink = inkOf(*option.widget);
    const int side = scaled(10);
    const QRectF mark(box.left(), box.center().y() - side / 2.0, side, side);
    const std::string mode = run->mode.toStdString();
    const StateLook state = stateLook(run->status, ink);
    if (isMode)
        paintMarker(painter, modeLook(mode).marker, mark, ink.mode(mode));
    else
        paintMarker(painter, state.marker, mark, state.colour);
    paintText(painter, box.adjusted(side + scaled(7), 0, 0, 0), Qt::AlignLeft,
              index.data(Qt::DisplayRole).toString());
    if (!isMode && run->status == RunStatus::Running && run->progress)
        paintProgress(painter, {box.left(), box.bottom() - scaled(5), box.width(), 3.0 * scaled(1)},
                      *run->progress, ink);
}

}  // namespace ringscope::ui
