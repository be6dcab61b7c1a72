// A lane of spans: what a rank worked on, or its messages with the exposed ones underlined.
#pragma once

#include "ui/timeline/timeline_lane.h"

namespace ringscope::ui {

class SpanLane : public TimelineLane {
public:
    // `underlined`: the stretches with a line along the lane's lower edge; none where null.
    SpanLane(const OpenedTrace& trace, std::size_t row, QString name, const Lane& lane,
             const Lane* underlined = nullptr);

    QString name() const override { return name_; }
    Interval stretch(std::size_t piece) const override;
    SpanWords words(std::size_t piece) const override;
    std::optional<std::size_t> at(const LaneSight& sight, double x) const override;
    std::optional<std::size_t> near(TraceTime time) const override;
    std::optional<std::size_t> step(std::size_t piece, int direction,
                                    const TimeView& view) const override;
    void paint(QPainter& painter, LanePainters& painters, const LaneSight& sight,
               const LaneMarks& marks) const override;

private:
    QRectF boxOf(const LaneSight& sight, std::size_t piece) const;

    const OpenedTrace& trace_;
    std::size_t row_;
    QString name_;
    const Lane& lane_;
    const Lane* underlined_;
};

}  // namespace ringscope::ui
