#include "ui/timeline/memory_lane.h"

#include "ui/timeline/lane_painters.h"
#include "ui/timeline/memory_columns.h"
#include "ui/timeline/memory_words.h"

#include <QObject>
#include <algorithm>
#include <cmath>

namespace ringscope::ui {

QString MemoryLane::name() const { return QObject::tr("memory"); }
QString MemoryLane::scale() const { return bytesText(trace_.mostMemory); }

Interval MemoryLane::stretch(std::size_t moment) const {
    return {track().timeOf(moment), track().timeOf(moment)};
}

SpanWords MemoryLane::words(std::size_t moment) const { return memoryWords(trace_, row_, moment); }

// The most of the pixel under the mouse; the peak, where it is within three.
std::optional<std::size_t> MemoryLane::at(const LaneSight& sight, double x) const {
    if (track().empty()) return {};
    constexpr double reach = 3;
    const double left = std::floor(x - sight.box.left());
    const ViewTime peak = trace_.inView({track().timeOf(track().peak())});
    if (sight.view.timeAt(left - reach) <= peak && peak < sight.view.timeAt(left + 1 + reach))
        return track().peak();
    return mostBetween(track(),
                       trace_.inTrace(sight.view.timeAt(left), sight.view.timeAt(left + 1)));
}

std::optional<std::size_t> MemoryLane::near(TraceTime time) const {
    if (track().empty()) return {};
    const std::size_t later = track().firstFrom(static_cast<double>(time.ns) + 1);
    return later == 0 ? 0 : later - 1;
}

std::optional<std::size_t> MemoryLane::step(std::size_t moment, int direction,
                                            const TimeView& view) const {
    const auto now = static_cast<double>(track().timeOf(moment));
    const double away = std::max(1.0, view.nsPerPixel());
    if (direction > 0) {
        moment = track().firstFrom(now + away, moment);
        if (moment == track().count()) return {};
    } else {
        const std::size_t behind = track().firstFrom(std::nextafter(now - away, now));
        if (behind == 0) return {};
        moment = behind - 1;
    }
    // Of several at one time, the last is what lasts.
    while (moment + 1 < track().count() && track().timeOf(moment + 1) == track().timeOf(moment))
        ++moment;
    return moment;
}

void MemoryLane::paint(QPainter& painter, LanePainters& painters, const LaneSight& sight,
                       const LaneMarks& marks) const {
    painters.memory.paint(painter, {.trace = &trace_, .row = row_, .sight = sight, .marks = marks});
}

}  // namespace ringscope::ui
