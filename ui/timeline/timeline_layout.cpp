#include "ui/timeline/timeline_layout.h"

#include "ui/look/theme.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ringscope::ui {
namespace {

// Pixels at zoom 1.
constexpr double gutterWidth = 96;
constexpr double rightMargin = 12;
constexpr double minimapHeight = 36;
constexpr double minimapGap = 4;
constexpr double rulerHeight = 40;
constexpr double rowGap = 12;
constexpr double laneGap = 3;

}  // namespace

TimelineLayout::TimelineLayout(QSize viewport, std::size_t rows, int scroll,
                               std::vector<LaneHeight> lanes)
    : viewport_(viewport),
      count_(rows),
      scroll_(scroll),
      lanes_(std::move(lanes)),
      gutter_(scaled(gutterWidth)),
      top_(scaled(minimapHeight + minimapGap + rulerHeight)) {
    const double room = viewport.height() - top_;
    double shortest = 0;
    double tallest = 0;
    for (const LaneHeight& lane : lanes_) {
        shortest += lane.shortest;
        tallest += lane.tallest;
    }
    if (lanes_.empty()) return;
    rowHeight_ = std::clamp(std::floor(room / double(std::max<std::size_t>(1, rows))),
                            double(scaled(shortest)), double(scaled(tallest)));
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
    const double room = row.height() - scaled(rowGap) - gap * (double(lanes_.size()) - 1);
    double all = 0;
    for (const LaneHeight& lane : lanes_) all += lane.share;
    double top = row.top() + scaled(rowGap) / 2;
    double above = 0;
    for (const LaneHeight& lane : lanes_) {
        const double height =
            std::floor(room * (above + lane.share) / all) - std::floor(room * above / all);
        if (lane.kind == place.lane) return {row.left(), top, row.width(), height};
        top += height + gap;
        above += lane.share;
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
        for (const LaneHeight& shown : lanes_)
            if (const LanePlace place{r, shown.kind}; lane(place).contains(point)) return place;
    return {};
}

}  // namespace ringscope::ui
