// What a width of pixels shows of a memory track: each pixel the most that was held in it, so that
// a peak is seen at any zoom. Neighbouring pixels without a change between them come as one.
#pragma once

#include "backend/analysis/memory_track.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope::ui {

struct MemoryColumn {
    int begin = 0;  // pixels, from the left
    int end = 0;
    std::size_t moment = 0;  // of the track
};

// Of `pixels` pixels of `nsPerPixel` each, the first of which begins at `from`. Pixels before and
// after what was recorded are in no column.
void memoryColumns(const MemoryTrack& track, double from, double nsPerPixel, int pixels,
                   std::vector<MemoryColumn>& columns);

// The moment from which on the most is held within [from, to), `to` behind `from`; nothing where
// nothing was recorded.
std::optional<std::size_t> mostBetween(const MemoryTrack& track, double from, double to);

}  // namespace ringscope::ui
