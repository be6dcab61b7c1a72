// Where things are in a timeline, in the viewport's pixels.
//
//   gutter    | minimap
//             | ruler: marks of the training steps over ticks in milliseconds
//   rank 0    | work lane
//             | message lane, exposed parts underlined
//             | memory lane, where it is shown
//   rank 1    | …                                          rows scroll, minimap and ruler stay
#pragma once

#include <QRectF>
#include <QSize>
#include <optional>

namespace ringscope::ui {

enum class LaneKind { Work, Messages, Memory };

struct LanePlace {
    std::size_t row = 0;
    LaneKind lane = LaneKind::Work;
    bool operator==(const LanePlace&) const = default;
};

class TimelineLayout {
public:
    TimelineLayout() = default;
    TimelineLayout(QSize viewport, std::size_t rows, int scroll, bool memory = false);

    QRectF minimap() const;
    QRectF ruler() const;
    QRectF marks() const;  // the ruler's upper half
    QRectF rows() const;   // what of the viewport is theirs
    QRectF row(std::size_t index) const;
    QRectF lane(const LanePlace& place) const;
    double gutter() const { return gutter_; }
    double width() const;  // of the time axis
    int rowsHeight() const;
    std::size_t rowCount() const { return count_; }
    int lanes() const { return memory_ ? 3 : 2; }  // of a row

    // Rows any part of which is in sight: [first, end).
    std::size_t firstShown() const;
    std::size_t endShown() const;

    std::optional<LanePlace> laneAt(const QPointF& point) const;

private:
    QSize viewport_;
    std::size_t count_ = 0;
    int scroll_ = 0;
    bool memory_ = false;
    double gutter_ = 0;
    double top_ = 0;
    double rowHeight_ = 1;
};

}  // namespace ringscope::ui
