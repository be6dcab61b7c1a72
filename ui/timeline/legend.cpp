#include "ui/timeline/legend.h"

#include "ui/timeline/memory_painter.h"
#include "ui/timeline/memory_words.h"
#include "ui/timeline/span_painter.h"

#include <QPainter>
#include <algorithm>
#include <functional>
#include <vector>

namespace ringscope::ui {
namespace {

struct Entry {
    Tint tint;
    const char* words;
};
constexpr Entry attention{Tint::Attention,
                          QT_TRANSLATE_NOOP("ringscope::ui::TimelineLegend", "attention")};
constexpr Entry compute{Tint::Compute,
                        QT_TRANSLATE_NOOP("ringscope::ui::TimelineLegend", "other compute")};
constexpr Entry copy{Tint::Copy, QT_TRANSLATE_NOOP("ringscope::ui::TimelineLegend", "copies")};
constexpr Entry host{Tint::Host, QT_TRANSLATE_NOOP("ringscope::ui::TimelineLegend", "host")};
constexpr Entry transfer{Tint::Transfer,
                         QT_TRANSLATE_NOOP("ringscope::ui::TimelineLegend", "transfer")};
constexpr Entry wait{Tint::Wait,
                     QT_TRANSLATE_NOOP("ringscope::ui::TimelineLegend", "waiting for a rank")};
constexpr Entry unsplit{Tint::Transfer, QT_TRANSLATE_NOOP("ringscope::ui::TimelineLegend",
                                                          "transfer and wait, not told apart")};
constexpr Entry unpaired{Tint::Unpaired,
                         QT_TRANSLATE_NOOP("ringscope::ui::TimelineLegend",
                                           "transfer or wait: the other end is not in the trace")};
constexpr Entry exposed{
    Tint::Exposed, QT_TRANSLATE_NOOP("ringscope::ui::TimelineLegend", "exposed: nothing computed")};

std::vector<Entry> entriesOf(bool splits, bool hasUnpaired, const Shares& work) {
    std::vector<Entry> entries{attention, compute};
    for (const Entry& rare : {copy, host})
        if (work[static_cast<std::size_t>(rare.tint)] > 0) entries.push_back(rare);
    if (splits)
        entries.insert(entries.end(), {transfer, wait});
    else
        entries.push_back(unsplit);
    if (hasUnpaired) entries.push_back(unpaired);
    entries.push_back(exposed);
    return entries;
}

constexpr double swatch = 20;
constexpr double gap = 4;
constexpr double between = 16;
constexpr double legendLine = 20;

QFont smallFontOf(const QWidget& widget) {
    QFont small = widget.font();
    small.setPixelSize(scaled(smallText));
    return small;
}

}  // namespace

void LegendLine::sayColours() {
    setAccessibleName(tr("Colours: %1").arg(words().join(QStringLiteral(", "))));
}

LegendLine::LegendLine(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

std::vector<QRectF> LegendLine::places(int width) const {
    const QFontMetrics metrics(smallFontOf(*this));
    std::vector<QRectF> boxes;
    double x = 0;
    double y = 0;
    for (const QString& entry : words()) {
        const double wide = scaled(swatch + gap) + metrics.horizontalAdvance(entry) + 2;
        if (x > 0 && x + wide > width) {
            x = 0;
            y += scaled(legendLine);
        }
        boxes.emplace_back(x, y, wide, scaled(legendLine));
        x += wide + scaled(between);
    }
    return boxes;
}

QSize LegendLine::sizeHint() const {
    const std::vector<QRectF> boxes = places(1 << 20);
    return {boxes.empty() ? 0 : static_cast<int>(boxes.back().right()), scaled(legendLine)};
}

QSize LegendLine::minimumSizeHint() const {
    double widest = 0;
    for (const QRectF& box : places(1)) widest = std::max(widest, box.width());
    return {static_cast<int>(widest), scaled(legendLine)};
}

int LegendLine::heightForWidth(int width) const {
    const std::vector<QRectF> boxes = places(width);
    return boxes.empty() ? scaled(legendLine) : static_cast<int>(boxes.back().bottom());
}

void LegendLine::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(smallFontOf(*this));
    painter.setPen(inkOf(*this).muted);
    const QStringList all = words();
    const std::vector<QRectF> boxes = places(width());
    for (int i = 0; i < all.size(); ++i) {
        const QRectF& box = boxes[static_cast<std::size_t>(i)];
        paintSwatch(
            painter,
            {box.left(), box.center().y() - scaled(5), double(scaled(swatch)), double(scaled(10))},
            i);
        painter.drawText(box.adjusted(scaled(swatch + gap), 0, 0, 0),
                         Qt::AlignLeft | Qt::AlignVCenter, all[i]);
    }
}

TimelineLegend::TimelineLegend(QWidget* parent) : LegendLine(parent) { sayColours(); }

void TimelineLegend::setTrace(const OpenedTrace& opened, bool splits) {
    splits_ = splits;
    unpaired_ = opened.findings.unmatched > 0;
    work_ = {};
    for (const RankRow& row : opened.rows) {
        const Shares shares = row.work.within(opened.trace.begin, opened.trace.end);
        std::ranges::transform(work_, shares, work_.begin(), std::plus<>{});
    }
    follow();
}

void TimelineLegend::setPredicted(bool shown) {
    predicted_ = shown;
    follow();
}

void TimelineLegend::follow() {
    sayColours();
    updateGeometry();
    update();
}

QStringList TimelineLegend::words() const {
    QStringList all;
    for (const Entry& entry : entriesOf(splits_, unpaired_, work_)) all << tr(entry.words);
    if (predicted_) all << tr("predicted");
    return all;
}

void TimelineLegend::paintSwatch(QPainter& painter, const QRectF& box, int entry) const {
    const SpanPainter look(isDark(palette()), font(), devicePixelRatioF());
    const std::vector<Entry> entries = entriesOf(splits_, unpaired_, work_);
    if (entry == std::ssize(entries)) return look.outlinePredicted(painter, box);
    const Tint tint = entries[static_cast<std::size_t>(entry)].tint;
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
