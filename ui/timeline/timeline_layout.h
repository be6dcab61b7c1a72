// Where things are in a timeline, in the viewport's pixels.
//
//   gutter    | minimap
//             | ruler: marks of the training steps over ticks in milliseconds
//   rank 0    | work lane
//             | message lane, exposed parts underlined
//             | memory lane, where it is shown
//   rank 1    | …                                          rows scroll, minimap and ruler stay
//
// Which lanes a row has is said by lane_table.h.
#pragma once

#include <QRectF>
#include <QSize>
#include <optional>
#include <vector>

namespace ringscope::ui {

enum class LaneKind { Work, Messages, Memory };

// How a lane shares the height of a row: the row is as high as fits, between the sums of the
// shortest and of the tallest (pixels at zoom 1), and is divided in proportion to the shares.
struct LaneHeight {
    LaneKind kind = LaneKind::Work;
    double shortest = 0;
    double tallest = 0;
    double share = 1;
};

struct LanePlace {
    std::size_t row = 0;
    LaneKind lane = LaneKind::Work;
    bool operator==(const LanePlace&) const = default;
};

class TimelineLayout {
public:
    TimelineLayout() = default;
    // `lanes` of each row, from above.
    TimelineLayout(QSize viewport, std::size_t rows, int scroll, std::vector<LaneHeight> lanes);

    QRectF minimap() const;
    QRectF ruler() const;
    QRectF marks() const;  // the ruler's upper half
    QRectF rows() const;   // what of the viewport is theirs
    QRectF row(std::size_t index) const;
    QRectF lane(const LanePlace& place) const;  // empty where the kind is not shown
    double gutter() const { return gutter_; }
    double width() const;  // of the time axis
    int rowsHeight() const;
    std::size_t rowCount() const { return count_; }
    const std::vector<LaneHeight>& lanes() const { return lanes_; }  // of a row

    // Rows any part of which is in sight: [first, end).
    std::size_t firstShown() const;
    std::size_t endShown() const;

    std::optional<LanePlace> laneAt(const QPointF& point) const;

private:
    QSize viewport_;
    std::size_t count_ = 0;
    int scroll_ = 0;
    std::vector<LaneHeight> lanes_;
    double gutter_ = 0;
    double top_ = 0;
    double rowHeight_ = 1;
};

}  // namespace ringscope::ui
