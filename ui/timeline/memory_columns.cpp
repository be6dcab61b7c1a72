#include "ui/timeline/memory_columns.h"

#include <algorithm>
#include <cmath>

namespace ringscope::ui {

void memoryColumns(const MemoryTrack& track, const TraceStretch& shown, double nsPerPixel,
                   int pixels, std::vector<MemoryColumn>& columns) {
    const double from = shown.from;
    columns.clear();
    if (track.empty()) return;
    const auto pixelOf = [&](std::int64_t time) {
        const double pixel = std::floor((static_cast<double>(time) - from) / nsPerPixel);
        return static_cast<int>(std::clamp(pixel, -1.0, static_cast<double>(pixels)));
    };
    const int end = std::min(pixels, pixelOf(track.end()) + 1);
    int pixel = std::max(0, pixelOf(track.timeOf(0)));
    std::size_t next = track.firstFrom(from + pixel * nsPerPixel);
    while (pixel < end) {
        const std::size_t first = track.inForce(from + pixel * nsPerPixel, next);
        next = track.firstFrom(from + (pixel + 1) * nsPerPixel, next);
        const std::size_t moment = track.mostOf(first, std::max(next, first + 1));
        if (columns.empty() || columns.back().moment != moment)
            columns.push_back({.begin = pixel, .end = pixel, .moment = moment});
        ++pixel;
        // What the pixel ends with stays until the pixel of the next change.
        if (moment + 1 == next)
            pixel =
                next == track.count() ? end : std::clamp(pixelOf(track.timeOf(next)), pixel, end);
        columns.back().end = pixel;
    }
}

std::optional<std::size_t> mostBetween(const MemoryTrack& track, const TraceStretch& stretch) {
    const auto [from, to] = stretch;
    if (track.empty() || from > static_cast<double>(track.end()) ||
        to <= static_cast<double>(track.timeOf(0)))
        return {};
    const std::size_t next = track.firstFrom(from);
    const std::size_t first = track.inForce(from, next);
    return track.mostOf(first, std::max(track.firstFrom(to, next), first + 1));
}

}  // namespace ringscope::ui
