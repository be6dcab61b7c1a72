#include "ui/timeline/span_lane.h"

#include "ui/timeline/lane_painters.h"

#include <QPainter>
#include <algorithm>
#include <utility>

namespace ringscope::ui {

SpanLane::SpanLane(const OpenedTrace& trace, std::size_t row, QString name, const Lane& lane,
                   const Lane* underlined)
    : trace_(trace), row_(row), name_(std::move(name)), lane_(lane), underlined_(underlined) {}

Interval SpanLane::stretch(std::size_t piece) const {
    return {lane_.pieces()[piece].begin, lane_.pieces()[piece].end};
}

SpanWords SpanLane::words(std::size_t piece) const {
    return wordsOf(trace_, row_, lane_.pieces()[piece]);
}

// May be wider than the lane's box.
QRectF SpanLane::boxOf(const LaneSight& sight, std::size_t piece) const {
    const double left = sight.x(trace_.inView({lane_.pieces()[piece].begin}));
    const double right = sight.x(trace_.inView({lane_.pieces()[piece].end}));
    return {left, sight.box.top(), std::max(1.0, right - left), sight.box.height()};
}

// The piece under the mouse; where pieces are shorter than a pixel, the nearest within three.
std::optional<std::size_t> SpanLane::at(const LaneSight& sight, double x) const {
    const std::size_t at = lane_.at(trace_.inTrace(sight.timeAt(x)));
    constexpr double reach = 3;
    std::optional<std::size_t> nearest;
    double distance = reach;
    for (std::size_t i : {at, at - 1}) {
        if (i >= lane_.pieces().size()) continue;
        const QRectF box = boxOf(sight, i);
        const double away = std::max({0.0, box.left() - x, x - box.right()});
        if (away >= distance) continue;
        distance = away;
        nearest = i;
    }
    return nearest;
}

std::optional<std::size_t> SpanLane::near(TraceTime time) const {
    if (lane_.pieces().empty()) return {};
    return std::min(lane_.at(time), lane_.pieces().size() - 1);
}

std::optional<std::size_t> SpanLane::step(std::size_t piece, int direction,
                                          const TimeView& /*view*/) const {
    if (direction < 0) return piece > 0 ? std::optional(piece - 1) : std::nullopt;
    return piece + 1 < lane_.pieces().size() ? std::optional(piece + 1) : std::nullopt;
}

void SpanLane::paint(QPainter& painter, LanePainters& painters, const LaneSight& sight,
                     const LaneMarks& marks) const {
    SpanPainter& spans = painters.spans;
    spans.paintPieces(painter, trace_, row_, lane_, sight);
    if (underlined_ != nullptr) spans.paintUnderline(painter, trace_, *underlined_, sight);
    const auto outline = [&](const std::optional<std::size_t>& piece, const QColor& colour) {
        if (!piece || *piece >= lane_.pieces().size()) return;
        spans.paintOutline(painter, boxOf(sight, *piece).intersected(sight.box), colour);
    };
    outline(marks.hovered, spans.ink().muted);
    outline(marks.current, spans.ink().text);
}

}  // namespace ringscope::ui
