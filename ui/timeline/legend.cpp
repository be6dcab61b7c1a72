#include "ui/timeline/legend.h"

#include "ui/timeline/timeline_painter.h"

#include <QPainter>
#include <iterator>

namespace ringscope::ui {
namespace {

struct Entry {
    Tint tint;
    const char* words;
};
constexpr Entry entries[] = {
    {Tint::Attention, QT_TRANSLATE_NOOP("TimelineLegend", "attention")},
    {Tint::Compute, QT_TRANSLATE_NOOP("TimelineLegend", "other compute")},
    {Tint::Transfer, QT_TRANSLATE_NOOP("TimelineLegend", "transfer")},
    {Tint::Wait, QT_TRANSLATE_NOOP("TimelineLegend", "waiting for a rank")},
    {Tint::Exposed, QT_TRANSLATE_NOOP("TimelineLegend", "exposed: nothing computed")},
};
constexpr double swatch = 20;
constexpr double gap = 4;
constexpr double between = 16;

}  // namespace

TimelineLegend::TimelineLegend(QWidget* parent) : QWidget(parent) {
    QStringList all;
    for (const Entry& entry : entries) all << tr(entry.words);
    setAccessibleName(tr("Colours: %1").arg(all.join(QStringLiteral(", "))));
}

QSize TimelineLegend::sizeHint() const {
    QFont small = font();
    small.setPixelSize(scaled(smallText));
    const QFontMetrics metrics(small);
    int width = 0;
    for (const Entry& entry : entries)
        width += metrics.horizontalAdvance(tr(entry.words)) + scaled(swatch + gap + between);
    return {width, scaled(20)};
}

void TimelineLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const TimelinePainter look(isDark(palette()), font(), devicePixelRatioF());
    QFont small = font();
    small.setPixelSize(scaled(smallText));
    painter.setFont(small);
    painter.setPen(inkOf(*this).muted);
    double x = 0;
    for (const Entry& entry : entries) {
        const QString words = tr(entry.words);
        const QRectF box(x, height() / 2.0 - scaled(5), scaled(swatch), scaled(10));
        if (entry.tint == Tint::Wait)
            look.fillWait(painter, box);
        else if (entry.tint == Tint::Exposed)
            painter.fillRect(QRectF(box.left(), box.bottom() - scaled(2), box.width(), scaled(2)),
                             look.tint(entry.tint));
        else
            painter.fillRect(box, look.tint(entry.tint));
        x += scaled(swatch + gap);
        const double width = painter.fontMetrics().horizontalAdvance(words);
        painter.drawText(QRectF(x, 0, width + 2, height()), Qt::AlignLeft | Qt::AlignVCenter,
                         words);
        x += width + scaled(between);
    }
}

}  // namespace ringscope::ui
