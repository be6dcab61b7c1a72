// The lanes of a row, from above. A new lane is an enumerator of LaneKind, a class of its own
// (timeline_lane.h) and a row of the table here; view, layout and painter go over the table.
#pragma once

#include "ui/timeline/timeline_lane.h"
#include "ui/timeline/timeline_layout.h"

#include <memory>
#include <span>
#include <vector>

namespace ringscope::ui {

struct LaneRow {
    LaneHeight height;                           // says which kind it is
    bool (*recorded)(const OpenedTrace& trace);  // the trace has something to show in it
    std::unique_ptr<TimelineLane> (*make)(const OpenedTrace& trace, std::size_t row);
};
std::span<const LaneRow> laneTable();

// The recorded lanes of all rows of a trace, which must outlive them.
class TimelineLanes {
public:
    TimelineLanes() = default;
    explicit TimelineLanes(const OpenedTrace& trace);

    // From above, as the layout takes them; `folded` are left out.
    std::vector<LaneHeight> heights(std::span<const LaneKind> folded = {}) const;
    bool has(LaneKind kind) const;
    // The kind must be a recorded one.
    const TimelineLane& at(const LanePlace& place) const;

private:
    std::vector<LaneHeight> recorded_;
    std::vector<std::vector<std::unique_ptr<TimelineLane>>> rows_;  // lanes as in recorded_
};

}  // namespace ringscope::ui
