// What a width of pixels shows of a memory track: each pixel the most that was held in it, so that
// a peak is seen at any zoom. Neighbouring pixels without a change between them come as one.
#pragma once

#include "backend/analysis/memory_track.h"
#include "ui/timeline/times.h"

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

// Replaces `columns` by those of `pixels` pixels of `nsPerPixel` each, the first of which begins
// where the stretch does. Pixels before and after what was recorded are in no column.
void memoryColumns(const MemoryTrack& track, const TraceStretch& shown, double nsPerPixel,
                   int pixels, std::vector<MemoryColumn>& columns);

// The moment from which on the most is held within the stretch, which is not empty; nothing where
// nothing was recorded.
std::optional<std::size_t> mostBetween(const MemoryTrack& track, const TraceStretch& stretch);

}  // namespace ringscope::ui
