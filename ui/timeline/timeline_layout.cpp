#include "ui/timeline/timeline_layout.h"

#include "ui/look/theme.h"

#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

// Pixels at zoom 1.
constexpr double gutterWidth = 96;
constexpr double rightMargin = 12;
constexpr double minimapHeight = 36;
constexpr double minimapGap = 4;
constexpr double rulerHeight = 40;
constexpr double shortestRow = 56;
constexpr double tallestRow = 104;
constexpr double shortestMemory = 40;  // that much taller is a row with memory
constexpr double tallestMemory = 76;
constexpr double rowGap = 12;
constexpr double laneGap = 3;
constexpr double workShare = 0.58;
constexpr double memoryShare = 0.44;  // of the row; the others share the rest

}  // namespace

TimelineLayout::TimelineLayout(QSize viewport, std::size_t rows, int scroll, bool memory)
    : viewport_(viewport),
      count_(rows),
      scroll_(scroll),
      memory_(memory),
      gutter_(scaled(gutterWidth)),
      top_(scaled(minimapHeight + minimapGap + rulerHeight)) {
    const double room = viewport.height() - top_;
    rowHeight_ = std::clamp(std::floor(room / double(std::max<std::size_t>(1, rows))),
                            double(scaled(shortestRow + (memory ? shortestMemory : 0))),
                            double(scaled(tallestRow + (memory ? tallestMemory : 0))));
}

double TimelineLayout::width() const {
    return std::max(1.0, viewport_.width() - gutter_ - scaled(rightMargin));
}

QRectF TimelineLayout::minimap() const {
    return {gutter_, 0, width(), double(scaled(minimapHeight))};
}

QRectF TimelineLayout::ruler() const {
    return {gutter_, double(scaled(minimapHeight + minimapGap)), width(),
            double(scaled(rulerHeight))};
}

QRectF TimelineLayout::marks() const {
    QRectF marks = ruler();
    marks.setHeight(std::floor(marks.height() / 2));
    return marks;
}

QRectF TimelineLayout::rows() const {
    return {0, top_, double(viewport_.width()), std::max(0.0, viewport_.height() - top_)};
}

int TimelineLayout::rowsHeight() const {
    return static_cast<int>(std::ceil(rowHeight_ * double(count_)));
}

QRectF TimelineLayout::row(std::size_t index) const {
    return {gutter_, top_ + rowHeight_ * double(index) - scroll_, width(), rowHeight_};
}

QRectF TimelineLayout::lane(const LanePlace& place) const {
    const QRectF row = this->row(place.row);
    const double gap = scaled(laneGap);
    const double all = row.height() - scaled(rowGap) - gap * (lanes() - 1);
    const double memory = memory_ ? std::floor(all * memoryShare) : 0;
    const double room = all - memory;
    const double work = std::floor(room * workShare);
    const double messages = std::floor(room - work);
    const double top = row.top() + scaled(rowGap) / 2;
    switch (place.lane) {
        case LaneKind::Work:
            return {row.left(), top, row.width(), work};
        case LaneKind::Messages:
            return {row.left(), top + work + gap, row.width(), messages};
        case LaneKind::Memory:
            return {row.left(), top + work + messages + 2 * gap, row.width(), memory};
    }
    return {};
}

std::size_t TimelineLayout::firstShown() const {
    return std::min(count_, static_cast<std::size_t>(std::max(0.0, scroll_ / rowHeight_)));
}

std::size_t TimelineLayout::endShown() const {
    const double end = std::ceil((scroll_ + rows().height()) / rowHeight_);
    return std::min(count_, static_cast<std::size_t>(std::max(0.0, end)));
}

std::optional<LanePlace> TimelineLayout::laneAt(const QPointF& point) const {
    if (point.y() < top_ || point.x() < gutter_ || point.x() >= gutter_ + width()) return {};
    for (std::size_t r = firstShown(); r < endShown(); ++r)
        for (int kind = 0; kind < lanes(); ++kind)
            if (const LanePlace place{r, LaneKind(kind)}; lane(place).contains(point)) return place;
    return {};
}

}  // namespace ringscope::ui
