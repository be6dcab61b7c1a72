// A lane of a rank's row, as the timeline sees it: what lies under the mouse, where the keyboard
// goes, what is said, what is painted. The lanes of a row are listed in lane_table.h.
//
// What a lane shows is numbered, in the order of time: the pieces of a lane of spans, the moments
// of a memory lane. The numbers mean nothing outside of the lane.
#pragma once

#include "ui/timeline/opened_trace.h"
#include "ui/timeline/span_words.h"
#include "ui/timeline/time_view.h"

#include <QRectF>
#include <QString>
#include <cstddef>
#include <optional>

class QPainter;

namespace ringscope::ui {

struct LanePainters;

// Where a lane is in the viewport and which stretch of time it shows there.
struct LaneSight {
    QRectF box;
    TimeView view;

    double x(ViewTime time) const { return box.left() + view.x(time); }
    ViewTime timeAt(double x) const { return view.timeAt(x - box.left()); }
};

// What is marked in a lane, by number.
struct LaneMarks {
    std::optional<std::size_t> hovered;
    std::optional<std::size_t> current;  // where the keyboard is
};

// Made for one row of one trace, which must outlive the lane.
class TimelineLane {
public:
    virtual ~TimelineLane() = default;

    virtual QString name() const = 0;                        // beside the lane
    virtual QString scale() const { return {}; }             // what its full height stands for
    virtual Interval stretch(std::size_t number) const = 0;  // empty: a moment
    virtual SpanWords words(std::size_t number) const = 0;

    // Under the mouse, or so near that it is meant.
    virtual std::optional<std::size_t> at(const LaneSight& sight, double x) const = 0;
    // At the time, else near it; nothing in an empty lane.
    virtual std::optional<std::size_t> near(TraceTime time) const = 0;
    // What the arrow keys go to: forward where `direction` is above 0. Nothing at the lane's end.
    virtual std::optional<std::size_t> step(std::size_t number, int direction,
                                            const TimeView& view) const = 0;

    // One call a frame; the cost must be that of the pixels, not of what the lane holds.
    virtual void paint(QPainter& painter, LanePainters& painters, const LaneSight& sight,
                       const LaneMarks& marks) const = 0;
};

}  // namespace ringscope::ui
