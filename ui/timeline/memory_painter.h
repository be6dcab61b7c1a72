// Draws a rank's memory lane: what was held, stacked by category, on one scale for all ranks; the
// peak with its moment; a line over it all for what was taken from a GPU's driver; a line where the
// mouse or the keyboard is.
#pragma once

#include "ui/look/theme.h"
#include "ui/timeline/memory_columns.h"
#include "ui/timeline/timeline_lane.h"

#include <QColor>
#include <QFont>
#include <array>
#include <span>
#include <vector>

class QPainter;

namespace ringscope::ui {

QColor memoryColour(MemoryCategory category, bool dark);

struct MemoryScene {
    const OpenedTrace* trace = nullptr;
    std::size_t row = 0;
    LaneSight sight;
    LaneMarks marks;

    const MemoryTrack& track() const { return trace->rows[row].memory; }
    const MemoryTrack& segments() const { return trace->rows[row].segments; }
};

class MemoryPainter {
public:
    MemoryPainter(bool dark, const QFont& font, double pixelRatio);
    void paint(QPainter& painter, const MemoryScene& scene);

private:
    void paintStack(QPainter& painter, const MemoryScene& scene);
    void paintSegments(QPainter& painter, const MemoryScene& scene);
    void paintPeak(QPainter& painter, const MemoryScene& scene) const;
    void paintLine(QPainter& painter, const MemoryScene& scene, std::size_t moment,
                   const QColor& colour) const;
    void showColumns(const MemoryTrack& track, const MemoryScene& scene);
    double yOf(const MemoryScene& scene, std::int64_t bytes) const;
    double xOf(const MemoryScene& scene, std::size_t moment) const;

    Ink ink_;
    QFont font_;
    double pixelRatio_ = 1;
    std::array<QColor, memoryCategoryCount> colours_;
    std::vector<MemoryColumn> columns_;  // kept for the memory they have
    std::vector<std::int64_t> below_;    // of each column: the bytes stacked so far
    std::vector<BytesByCategory> held_;
};

}  // namespace ringscope::ui
