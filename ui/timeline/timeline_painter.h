// Draws a timeline. The cost is that of the pixels: each lane is asked for strokes, not for spans.
#pragma once

#include "ui/look/theme.h"
#include "ui/timeline/memory_painter.h"
#include "ui/timeline/opened_trace.h"
#include "ui/timeline/time_view.h"
#include "ui/timeline/timeline_layout.h"

#include <QBrush>
#include <QColor>
#include <QFont>
#include <QPixmap>
#include <array>
#include <optional>
#include <vector>

class QPainter;

namespace ringscope::ui {

// Of a memory lane, the piece is a moment of its track.
struct PieceAt {
    LanePlace place;
    std::size_t piece = 0;
    bool operator==(const PieceAt&) const = default;
};

struct TimelineScene {
    const OpenedTrace* trace = nullptr;
    TimeView view;
    TimelineLayout layout;
    std::optional<Interval> selection;  // as the trace's times
    std::optional<PieceAt> current;     // where the keyboard is
    std::optional<PieceAt> hovered;
};

class TimelinePainter {
public:
    TimelinePainter(bool dark, const QFont& font, double pixelRatio);

    void paint(QPainter& painter, const TimelineScene& scene);
    // What the minimap shows: to be kept until size, look or trace change.
    QPixmap minimap(const OpenedTrace& trace, const QSizeF& size) const;
    void setMinimap(QPixmap minimap) { minimap_ = std::move(minimap); }

    QColor tint(Tint tint) const { return tints_[static_cast<std::size_t>(tint)]; }
    // Waiting: transfer's hue, washed out, under diagonal lines.
    void fillWait(QPainter& painter, const QRectF& box) const;

private:
    struct Run {  // of neighbouring pixels that look the same
        double left = 0;
        double right = 0;
        QRgb colour = 0;
        bool wait = false;
    };

    double snapped(double x) const;
    void paintMinimap(QPainter& painter, const TimelineScene& scene) const;
    void paintRuler(QPainter& painter, const TimelineScene& scene) const;
    void paintRow(QPainter& painter, const TimelineScene& scene, std::size_t row);
    void paintGutter(QPainter& painter, const TimelineScene& scene, std::size_t row) const;
    void paintLane(QPainter& painter, const TimelineScene& scene, const LanePlace& place);
    void paintExposed(QPainter& painter, const TimelineScene& scene, std::size_t row);
    void paintMemory(QPainter& painter, const TimelineScene& scene, std::size_t row);
    void paintPiece(QPainter& painter, const TimelineScene& scene, const LanePlace& place,
                    const Piece& piece, const QRectF& box) const;
    void paintOutline(QPainter& painter, const TimelineScene& scene, const PieceAt& at,
                      const QColor& colour) const;
    void paintSelection(QPainter& painter, const TimelineScene& scene) const;
    Run runOf(const Stroke& stroke, double left, double right, double nsPerPixel) const;
    void flush(QPainter& painter, const Run& run, const QRectF& lane) const;

    Ink ink_;
    QFont font_;
    double pixelRatio_ = 1;
    std::array<QColor, tintCount> tints_;
    QBrush hatch_;
    QPixmap minimap_;
    MemoryPainter memory_;
    std::vector<Stroke> strokes_;
};

// Where a piece is drawn; may be wider than the lane's sight.
QRectF boxOf(const TimelineScene& scene, const LanePlace& place, const Piece& piece);
// Of work or messages.
const Lane& laneOf(const OpenedTrace& trace, const LanePlace& place);

}  // namespace ringscope::ui
