#include "ui/timeline/memory_painter.h"

#include "backend/trace/memory_look.h"
#include "ui/timeline/memory_words.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace ringscope::ui {
namespace {

constexpr double headroom = 3;         // pixels between the highest peak and the lane's edge
constexpr double thickBand = 4;        // from here on a band is set off from the one above
constexpr double markWidth = 7;        // of the peak
constexpr double roomBesideWords = 4;  // of the peak's words

}  // namespace

QColor memoryColour(MemoryCategory category, bool dark) {
    return colourOf(memoryLookOf(category), dark);
}

MemoryPainter::MemoryPainter(bool dark, const QFont& font, double pixelRatio)
    : ink_(inkFor(dark)), font_(font), pixelRatio_(pixelRatio) {
    font_.setPixelSize(scaled(smallText));
    for (std::size_t c = 0; c < colours_.size(); ++c)
        colours_[c] = memoryColour(static_cast<MemoryCategory>(c), dark);
}

void MemoryPainter::paint(QPainter& painter, const MemoryScene& scene) {
    painter.fillRect(scene.sight.box, ink_.panel);
    if (scene.trace->mostMemory <= 0) return;
    paintStack(painter, scene);
    paintSegments(painter, scene);
    if (scene.track().empty()) return;
    if (scene.marks.hovered) paintLine(painter, scene, *scene.marks.hovered, ink_.muted);
    paintPeak(painter, scene);
    if (scene.marks.current) paintLine(painter, scene, *scene.marks.current, ink_.text);
}

double MemoryPainter::xOf(const MemoryScene& scene, std::size_t moment) const {
    const ViewTime time = scene.trace->inView({scene.track().timeOf(moment)});
    const LaneSight& sight = scene.sight;
    return sight.box.left() + std::floor(sight.view.x(time) * pixelRatio_) / pixelRatio_;
}

// Where so many bytes reach to: the most that any rank held fills the lane.
double MemoryPainter::yOf(const MemoryScene& scene, std::int64_t bytes) const {
    const double height = scene.sight.box.height() - scaled(headroom);
    const double y = scene.sight.box.bottom() - static_cast<double>(bytes) /
                                                    static_cast<double>(scene.trace->mostMemory) *
                                                    height;
    return std::round(y * pixelRatio_) / pixelRatio_;
}

void MemoryPainter::showColumns(const MemoryTrack& track, const MemoryScene& scene) {
    memoryColumns(track, scene.trace->inTrace(scene.sight.view.from(), scene.sight.view.to()),
                  scene.sight.view.nsPerPixel() / pixelRatio_,
                  static_cast<int>(scene.sight.box.width() * pixelRatio_), columns_);
    held_.clear();
    for (const MemoryColumn& column : columns_) held_.push_back(track.heldAt(column.moment));
}

// Category by category, so that what does not change along the columns is one rectangle.
void MemoryPainter::paintStack(QPainter& painter, const MemoryScene& scene) {
    const double pixel = 1 / pixelRatio_;
    const QRectF lane = scene.sight.box;
    showColumns(scene.track(), scene);
    below_.assign(columns_.size(), 0);
    for (const MemoryCategory category : memoryStack()) {
        const auto c = static_cast<std::size_t>(category);
        QRectF band;
        const auto flush = [&] {
            if (band.height() <= 0) return;
            const bool set = band.height() >= thickBand;
            painter.fillRect(set ? band.adjusted(0, pixel, 0, 0) : band, colours_[c]);
        };
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const double bottom = yOf(scene, below_[i]);
            const double top = yOf(scene, below_[i] += held_[i][c]);
            const double left = lane.left() + columns_[i].begin * pixel;
            const double right = lane.left() + columns_[i].end * pixel;
            if (band.top() == top && band.bottom() == bottom && band.right() == left) {
                band.setRight(right);
                continue;
            }
            flush();
            band = QRectF(QPointF(left, top), QPointF(right, bottom));
        }
        flush();
    }
}

void MemoryPainter::paintSegments(QPainter& painter, const MemoryScene& scene) {
    showColumns(scene.segments(), scene);
    const double pixel = 1 / pixelRatio_;
    std::optional<double> before;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const double left = scene.sight.box.left() + columns_[i].begin * pixel;
        const double right = scene.sight.box.left() + columns_[i].end * pixel;
        const double y = yOf(scene, totalOf(held_[i]));
        painter.fillRect(QRectF(left, y - 1, right - left, 1), ink_.text);
        if (before && *before != y)
            painter.fillRect(QRectF(left, std::min(*before, y) - 1, 1, std::abs(*before - y)),
                             ink_.text);
        before = y;
    }
}

void MemoryPainter::paintLine(QPainter& painter, const MemoryScene& scene, std::size_t moment,
                              const QColor& colour) const {
    painter.fillRect(QRectF(xOf(scene, moment), scene.sight.box.top(), 1, scene.sight.box.height()),
                     colour);
}

// A flag at the lane's upper edge; its words on whichever side there is room.
void MemoryPainter::paintPeak(QPainter& painter, const MemoryScene& scene) const {
    const std::size_t peak = scene.track().peak();
    const double x = xOf(scene, peak) + 0.5;
    const QRectF& lane = scene.sight.box;
    if (x < lane.left() || x > lane.right()) return;
    paintLine(painter, scene, peak, ink_.text);
    const double half = scaled(markWidth) / 2.0;
    const QPointF flag[] = {{x - half, lane.top()}, {x + half, lane.top()}, {x, lane.top() + half}};
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink_.text);
    painter.drawPolygon(flag, 3);
    painter.setRenderHint(QPainter::Antialiasing, false);

    const QFontMetricsF metrics(font_);
    if (metrics.height() > lane.height()) return;
    painter.setFont(font_);
    for (const QString& words : peakLabels(*scene.trace, scene.row)) {
        const double width = metrics.horizontalAdvance(words) + 2 * scaled(roomBesideWords);
        double left = x + half + scaled(2);
        if (left + width > lane.right()) left = x - half - scaled(2) - width;
        if (left < lane.left()) continue;
        const QRectF plate(left, lane.top(), width, metrics.height());
        QColor ground = ink_.panel;
        ground.setAlphaF(0.88F);
        painter.fillRect(plate, ground);
        painter.setPen(ink_.text);
        painter.drawText(plate, Qt::AlignCenter, words);
        return;
    }
}

}  // namespace ringscope::ui
