// Draws the pieces of a lane of spans, each in the colour of its tint. Neighbouring pixels that
// look the same are drawn as one.
#pragma once

#include "ui/look/theme.h"
#include "ui/timeline/timeline_lane.h"

#include <QBrush>
#include <QColor>
#include <QFont>
#include <array>
#include <vector>

namespace ringscope::ui {

class SpanPainter {
public:
    SpanPainter(bool dark, const QFont& font, double pixelRatio);

    const Ink& ink() const { return ink_; }
    QColor tint(Tint tint) const { return tints_[static_cast<std::size_t>(tint)]; }
    // Waiting: transfer's hue, washed out, under diagonal lines.
    void fillWait(QPainter& painter, const QRectF& box) const;

    // All of the lane's box; pieces are labelled where there is room.
    void paintPieces(QPainter& painter, const OpenedTrace& trace, std::size_t row, const Lane& lane,
                     const LaneSight& sight);
    // Two pixels along the box's lower edge.
    void paintUnderline(QPainter& painter, const OpenedTrace& trace, const Lane& lane,
                        const LaneSight& sight);
    // Outlines of a lane's pieces, as far as they are three pixels wide; `later` is added to their
    // times.
    void paintPredicted(QPainter& painter, const OpenedTrace& trace, const Lane& lane,
                        std::int64_t later, const LaneSight& sight);
    // The swatch of a legend.
    void outlinePredicted(QPainter& painter, const QRectF& box) const;
    void paintOutline(QPainter& painter, const QRectF& box, const QColor& colour) const;

private:
    struct Run {  // of neighbouring pixels that look the same
        double left = 0;
        double right = 0;
        QRgb colour = 0;
        bool wait = false;
    };

    // Fills the box of the sight with the lane's strokes. A stroke of one piece that is three
    // pixels wide or more goes to paintWide(piece, box) where that is given, and is not filled.
    template <typename PaintWide>
    void paintStrokes(QPainter& painter, const OpenedTrace& trace, const Lane& lane,
                      const LaneSight& sight, const PaintWide& paintWide);
    double snapped(double x) const;
    Run runOf(const Stroke& stroke, double left, double right, double nsPerPixel) const;
    void flush(QPainter& painter, const Run& run, const QRectF& box) const;
    void paintPiece(QPainter& painter, const OpenedTrace& trace, std::size_t row,
                    const Piece& piece, const QRectF& box) const;

    Ink ink_;
    QFont font_;
    double pixelRatio_ = 1;
    std::array<QColor, tintCount> tints_;
    QBrush hatch_;
    std::vector<Stroke> strokes_;  // kept for the memory they have
};

}  // namespace ringscope::ui
