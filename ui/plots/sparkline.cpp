#include "ui/plots/sparkline.h"

#include "ui/look/theme.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

namespace ringscope::ui {

Sparkline::Sparkline(const QString& title, QWidget* parent) : QWidget(parent), title_(title) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void Sparkline::setValues(std::vector<double> values, const std::string& mode,
                          const QString& caption) {
    values_ = std::move(values);
    std::erase_if(values_, [](double value) { return !std::isfinite(value); });
    mode_ = mode;
    caption_ = caption;
    setAccessibleName(title_ + QStringLiteral(": ") + caption);
    update();
}

QSize Sparkline::sizeHint() const { return {scaled(220), scaled(72)}; }
QSize Sparkline::minimumSizeHint() const { return {scaled(140), scaled(56)}; }

void Sparkline::paintEvent(QPaintEvent*) {
    const Ink ink = inkOf(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QFont small = font();
    small.setPixelSize(scaled(smallText));
    painter.setFont(small);
    const int line = painter.fontMetrics().height();
    painter.setPen(ink.muted);
    painter.drawText(QRect(0, 0, width(), line), Qt::AlignLeft, title_);
    painter.setPen(ink.text);
    painter.drawText(QRect(0, 0, width(), line), Qt::AlignRight, caption_);

    const QRectF area(4, line + 6, width() - 8, height() - line - 12);
    painter.setPen(QPen(ink.line, 1));
    painter.drawLine(area.bottomLeft() + QPointF(-4, 4), area.bottomRight() + QPointF(4, 4));
    if (values_.empty() || area.height() < 4) return;
    const auto [low, high] = std::ranges::minmax(values_);
    const double span = high > low ? high - low : 1;
    const double stride = values_.size() > 1 ? area.width() / double(values_.size() - 1) : 0;
    const auto place = [&](std::size_t i) {
        return QPointF(area.left() + double(i) * stride,
                       area.bottom() - (values_[i] - low) / span * area.height());
    };
    QPainterPath path(place(0));
    for (std::size_t i = 1; i < values_.size(); ++i) path.lineTo(place(i));
    painter.setPen(QPen(ink.mode(mode_), 1.5));
    painter.drawPath(path);
    painter.setBrush(ink.mode(mode_));
    painter.setPen(Qt::NoPen);
    painter.drawEllipse(place(values_.size() - 1), 3, 3);
}

}  // namespace ringscope::ui
