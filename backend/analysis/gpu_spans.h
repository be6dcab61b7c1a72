// Figures are computed from a GPU's own records, where there are any, in place of the host's spans
// of the same work.
#pragma once

#include "backend/trace/trace.h"

namespace ringscope {

bool hasGpuRecords(const Trace& trace);

// Replaces the host's spans of ranks whose GPU was recorded by the GPU's, except steps and host
// work. Other ranks stay unchanged. A second call changes nothing.
Trace withGpuSpans(Trace trace);

}  // namespace ringscope
