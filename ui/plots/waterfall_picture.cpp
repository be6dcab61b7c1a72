#include "ui/plots/waterfall_picture.h"

#include "backend/report/memory_text.h"
#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QEvent>
#include <QPainter>
#include <algorithm>

namespace ringscope::ui {
namespace {

// Pixels at zoom 1.
constexpr double leverHeight = 22;
constexpr double leverBarHeight = 10;
constexpr double narrowestBar = 80;
constexpr double gap = 12;
constexpr double budgetHeight = 18;

QFont smallFont(const QWidget& widget) {
    QFont small = widget.font();
    small.setPixelSize(scaled(smallText));
    return small;
}

QString leverWords(const WaterfallRow& row) { return text(row.lever); }

QString priceWords(const WaterfallRow& row) {
    const std::string price = priceText(row.price);
    return text(formatBytes({row.peakBytes})) +
           (price.empty() ? QString() : QStringLiteral("   ") + text(price));
}

template <typename Words>
int widest(const QWidget& widget, const std::vector<WaterfallRow>& rows, Words words) {
    const QFontMetrics metrics(smallFont(widget));
    int width = 0;
    for (const WaterfallRow& row : rows)
        width = std::max(width, metrics.horizontalAdvance(words(row)));
    return width;
}

}  // namespace

WaterfallPicture::WaterfallPicture(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Predicted memory, lever by lever"));
}

void WaterfallPicture::setPlan(const MemoryPlan& plan, std::optional<Bytes> budget) {
    rows_ = plan.waterfall;
    budget_ = budget;
    most_ = budget ? std::max<std::int64_t>(1, budget->count) : 1;
    QStringList spoken;
    for (const WaterfallRow& row : rows_) {
        most_ = std::max(most_, row.peakBytes);
        spoken << leverWords(row) + QStringLiteral(": ") + priceWords(row);
    }
    setAccessibleDescription(spoken.join(QStringLiteral("; ")));
    updateGeometry();
    update();
}

QSize WaterfallPicture::sizeHint() const {
    const int words = widest(*this, rows_, leverWords) + widest(*this, rows_, priceWords);
    const double height = static_cast<double>(rows_.size()) * leverHeight;
    return {words + scaled(narrowestBar + 2 * gap), scaled(height + (budget_ ? budgetHeight : 0))};
}

QRectF WaterfallPicture::bars() const {
    const double left = widest(*this, rows_, leverWords) + scaled(gap);
    const double right = width() - widest(*this, rows_, priceWords) - scaled(gap);
    const double top = budget_ ? scaled(budgetHeight) : 0;
    const double high = scaled(static_cast<double>(rows_.size()) * leverHeight);
    return {left, top, std::max(1.0, right - left), high};
}

double WaterfallPicture::across(std::int64_t bytes, const QRectF& room) const {
    return room.left() + room.width() * static_cast<double>(bytes) / static_cast<double>(most_);
}

void WaterfallPicture::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(smallFont(*this));
    const QRectF room = bars();
    for (std::size_t row = 0; row < rows_.size(); ++row) paintRow(painter, row, room);
    if (budget_) paintBudget(painter, room);
}

void WaterfallPicture::paintRow(QPainter& painter, std::size_t row, const QRectF& room) const {
    const Ink ink = inkOf(*this);
    const WaterfallRow& shown = rows_[row];
    const double top = room.top() + scaled(leverHeight) * static_cast<double>(row);
    const double barTop = top + scaled((leverHeight - leverBarHeight) / 2);
    const bool asked = row + 1 == rows_.size();
    const bool over = budget_ && shown.peakBytes > budget_->count;
    painter.setPen(Qt::NoPen);
    painter.setBrush(over ? ink.bad : asked ? ink.accent : ink.muted);
    const double end = across(shown.peakBytes, room);
    painter.drawRect(QRectF(room.left(), barTop, end - room.left(), scaled(leverBarHeight)));
    if (row > 0 && rows_[row - 1].peakBytes > shown.peakBytes) {
        painter.setPen(QPen(ink.muted, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(end, barTop, across(rows_[row - 1].peakBytes, room) - end,
                                scaled(leverBarHeight)));
    }
    const double height = scaled(leverHeight);
    painter.setPen(ink.text);
    painter.drawText(QRectF(0, top, room.left() - scaled(gap), height),
                     Qt::AlignLeft | Qt::AlignVCenter, leverWords(shown));
    painter.drawText(QRectF(room.right() + scaled(gap), top, width() - room.right(), height),
                     Qt::AlignLeft | Qt::AlignVCenter, priceWords(shown));
}

void WaterfallPicture::paintBudget(QPainter& painter, const QRectF& room) const {
    const Ink ink = inkOf(*this);
    const double x = across(budget_->count, room);
    painter.setPen(QPen(ink.caution, 1, Qt::DashLine));
    painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()));
    const QString words = tr("budget %1").arg(text(formatBytes(*budget_)));
    const int wide = painter.fontMetrics().horizontalAdvance(words);
    const double left = std::clamp(x - wide / 2.0, 0.0, std::max(0.0, double(width() - wide)));
    painter.setPen(ink.caution);
    painter.drawText(QRectF(left, 0, wide + 1, room.top()), Qt::AlignLeft | Qt::AlignVCenter,
                     words);
}

void WaterfallPicture::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange) updateGeometry();
}

}  // namespace ringscope::ui
