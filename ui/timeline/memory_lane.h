// A lane of what a rank's tensors held. What it numbers are the moments of the rank's MemoryTrack.
#pragma once

#include "ui/timeline/timeline_lane.h"

namespace ringscope::ui {

class MemoryLane : public TimelineLane {
public:
    MemoryLane(const OpenedTrace& trace, std::size_t row) : trace_(trace), row_(row) {}

    QString name() const override;
    QString scale() const override;
    Interval stretch(std::size_t moment) const override;
    SpanWords words(std::size_t moment) const override;
    std::optional<std::size_t> at(const LaneSight& sight, double x) const override;
    std::optional<std::size_t> near(TraceTime time) const override;
    // To the next change that is a pixel or more away.
    std::optional<std::size_t> step(std::size_t moment, int direction,
                                    const TimeView& view) const override;
    void paint(QPainter& painter, LanePainters& painters, const LaneSight& sight,
               const LaneMarks& marks) const override;

private:
    const MemoryTrack& track() const { return trace_.rows[row_].memory; }

    const OpenedTrace& trace_;
    std::size_t row_;
};

}  // namespace ringscope::ui
