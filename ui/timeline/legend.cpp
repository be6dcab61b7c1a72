#include "ui/timeline/legend.h"

#include "ui/timeline/memory_words.h"
#include "ui/timeline/timeline_painter.h"

#include <QPainter>
#include <span>

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
constexpr Entry unsplit[] = {
    {Tint::Attention, QT_TRANSLATE_NOOP("TimelineLegend", "attention")},
    {Tint::Compute, QT_TRANSLATE_NOOP("TimelineLegend", "other compute")},
    {Tint::Transfer, QT_TRANSLATE_NOOP("TimelineLegend", "transfer and wait, not told apart")},
    {Tint::Exposed, QT_TRANSLATE_NOOP("TimelineLegend", "exposed: nothing computed")},
};
std::span<const Entry> entriesOf(bool splits) {
    return splits ? std::span<const Entry>(entries) : std::span<const Entry>(unsplit);
}

constexpr double swatch = 20;
constexpr double gap = 4;
constexpr double between = 16;

QFont smallFontOf(const QWidget& widget) {
    QFont small = widget.font();
    small.setPixelSize(scaled(smallText));
    return small;
}

}  // namespace

void LegendLine::sayColours() {
    setAccessibleName(tr("Colours: %1").arg(words().join(QStringLiteral(", "))));
}

QSize LegendLine::sizeHint() const {
    const QFontMetrics metrics(smallFontOf(*this));
    int width = 0;
    for (const QString& entry : words())
        width += metrics.horizontalAdvance(entry) + scaled(swatch + gap + between);
    return {width, scaled(20)};
}

void LegendLine::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(smallFontOf(*this));
    painter.setPen(inkOf(*this).muted);
    const QStringList all = words();
    double x = 0;
    for (int i = 0; i < all.size(); ++i) {
        paintSwatch(painter,
                    {x, height() / 2.0 - scaled(5), double(scaled(swatch)), double(scaled(10))}, i);
        x += scaled(swatch + gap);
        const double width = painter.fontMetrics().horizontalAdvance(all[i]);
        painter.drawText(QRectF(x, 0, width + 2, height()), Qt::AlignLeft | Qt::AlignVCenter,
                         all[i]);
        x += width + scaled(between);
    }
}

TimelineLegend::TimelineLegend(QWidget* parent) : LegendLine(parent) { sayColours(); }

void TimelineLegend::setSplits(bool splits) {
    splits_ = splits;
    sayColours();
    updateGeometry();
    update();
}

QStringList TimelineLegend::words() const {
    QStringList all;
    for (const Entry& entry : entriesOf(splits_)) all << tr(entry.words);
    return all;
}

void TimelineLegend::paintSwatch(QPainter& painter, const QRectF& box, int entry) const {
    const TimelinePainter look(isDark(palette()), font(), devicePixelRatioF());
    const Tint tint = entriesOf(splits_)[static_cast<std::size_t>(entry)].tint;
    if (tint == Tint::Wait)
        look.fillWait(painter, box);
    else if (tint == Tint::Exposed)
        painter.fillRect(QRectF(box.left(), box.bottom() - scaled(2), box.width(), scaled(2)),
                         look.tint(tint));
    else
        painter.fillRect(box, look.tint(tint));
}

void MemoryLegend::setCategories(std::vector<MemoryCategory> categories) {
    categories_ = std::move(categories);
    sayColours();
    updateGeometry();
    update();
}

QStringList MemoryLegend::words() const {
    QStringList all;
    for (const MemoryCategory category : categories_)
        all << (category == MemoryCategory::Segments ? segmentsText()
                                                     : memoryCategoryText(category));
    return all;
}

void MemoryLegend::paintSwatch(QPainter& painter, const QRectF& box, int entry) const {
    const MemoryCategory category = categories_[static_cast<std::size_t>(entry)];
    if (category == MemoryCategory::Segments)
        painter.fillRect(QRectF(box.left(), box.center().y(), box.width(), 1), inkOf(*this).text);
    else
        painter.fillRect(box, memoryColour(category, isDark(palette())));
}

}  // namespace ringscope::ui
