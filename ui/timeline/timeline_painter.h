// Draws a timeline. The cost is that of the pixels: each lane is asked for strokes, not for spans.
#pragma once

#include "ui/timeline/lane_painters.h"
#include "ui/timeline/lane_table.h"

#include <QFont>
#include <QPixmap>
#include <optional>

class QPainter;

namespace ringscope::ui {

// Something in a lane, by the lane's numbers.
struct PieceAt {
    LanePlace place;
    std::size_t piece = 0;
    bool operator==(const PieceAt&) const = default;
};

// What a frame shows. `selection` is on the trace's clock.
struct TimelineScene {
    const OpenedTrace& trace;
    const TimelineLanes& lanes;
    TimeView view;
    TimelineLayout layout;
    std::optional<Interval> selection;
    std::optional<PieceAt> current;  // where the keyboard is
    std::optional<PieceAt> hovered;
    const OpenedTrace* predicted = nullptr;  // one step, outlined over each of the trace's
};

class TimelinePainter {
public:
    TimelinePainter(bool dark, const QFont& font, double pixelRatio);

    void paint(QPainter& painter, const TimelineScene& scene);
    // What the minimap shows: to be kept until size, look or trace change.
    QPixmap minimap(const OpenedTrace& trace, const QSizeF& size) const;
    void setMinimap(QPixmap minimap) { minimap_ = std::move(minimap); }

private:
    double snapped(double x) const;
    void paintMinimap(QPainter& painter, const TimelineScene& scene) const;
    void paintRuler(QPainter& painter, const TimelineScene& scene) const;
    void paintRow(QPainter& painter, const TimelineScene& scene, std::size_t row);
    void paintPredicted(QPainter& painter, const TimelineScene& scene, std::size_t row);
    void paintGutter(QPainter& painter, const TimelineScene& scene, std::size_t row) const;
    void paintSelection(QPainter& painter, const TimelineScene& scene) const;

    Ink ink_;
    QFont font_;
    double pixelRatio_ = 1;
    QPixmap minimap_;
    LanePainters lanes_;
};

}  // namespace ringscope::ui
