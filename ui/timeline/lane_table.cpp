#include "ui/timeline/lane_table.h"

#include "ui/timeline/memory_lane.h"
#include "ui/timeline/span_lane.h"

#include <QObject>
#include <algorithm>

namespace ringscope::ui {
namespace {

std::unique_ptr<TimelineLane> workLane(const OpenedTrace& trace, std::size_t row) {
    return std::make_unique<SpanLane>(trace, row, QObject::tr("work"), trace.rows[row].work);
}

std::unique_ptr<TimelineLane> messageLane(const OpenedTrace& trace, std::size_t row) {
    return std::make_unique<SpanLane>(trace, row, QObject::tr("messages"), trace.rows[row].messages,
                                      &trace.rows[row].exposed);
}

std::unique_ptr<TimelineLane> memoryLane(const OpenedTrace& trace, std::size_t row) {
    return std::make_unique<MemoryLane>(trace, row);
}

bool always(const OpenedTrace& /*trace*/) { return true; }
bool memoryRecorded(const OpenedTrace& trace) { return trace.mostMemory > 0; }

// kind, shortest and tallest height in pixels at zoom 1, share of the row, recorded, made by
constexpr LaneRow table[] = {
    {{LaneKind::Work, 32, 60, 0.58}, always, workLane},
    {{LaneKind::Messages, 24, 44, 0.42}, always, messageLane},
    {{LaneKind::Memory, 40, 76, 0.79}, memoryRecorded, memoryLane},
};

}  // namespace

std::span<const LaneRow> laneTable() { return table; }

TimelineLanes::TimelineLanes(const OpenedTrace& trace) : rows_(trace.rows.size()) {
    for (const LaneRow& lane : table) {
        if (!lane.recorded(trace)) continue;
        recorded_.push_back(lane.height);
        for (std::size_t row = 0; row < rows_.size(); ++row)
            rows_[row].push_back(lane.make(trace, row));
    }
}

std::vector<LaneHeight> TimelineLanes::heights(std::span<const LaneKind> folded) const {
    std::vector<LaneHeight> shown = recorded_;
    std::erase_if(shown, [&](const LaneHeight& lane) {
        return std::ranges::find(folded, lane.kind) != folded.end();
    });
    return shown;
}

bool TimelineLanes::has(LaneKind kind) const {
    return std::ranges::find(recorded_, kind, &LaneHeight::kind) != recorded_.end();
}

const TimelineLane& TimelineLanes::at(const LanePlace& place) const {
    const auto lane = std::ranges::find(recorded_, place.lane, &LaneHeight::kind);
    return *rows_[place.row][static_cast<std::size_t>(lane - recorded_.begin())];
}

}  // namespace ringscope::ui
