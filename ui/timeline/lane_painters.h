// What draws the lanes. Each keeps its colours and its buffers from frame to frame; made anew when
// look, font or pixel ratio change.
#pragma once

#include "ui/timeline/memory_painter.h"
#include "ui/timeline/span_painter.h"

namespace ringscope::ui {

struct LanePainters {
    LanePainters(bool dark, const QFont& font, double pixelRatio)
        : spans(dark, font, pixelRatio), memory(dark, font, pixelRatio) {}

    SpanPainter spans;
    MemoryPainter memory;
};

}  // namespace ringscope::ui
