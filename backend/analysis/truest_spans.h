// The spans to take figures from: a GPU's own records in place of what the host says of that work.
#pragma once

#include "backend/trace/trace.h"

namespace ringscope {

bool hasGpuRecords(const Trace& trace);

// Ranks whose GPU was recorded keep the host's steps and bookkeeping and get their GPU's spans for
// the rest; the others are left as they are. Doing it again changes nothing.
Trace withTruestSpans(Trace trace);

}  // namespace ringscope
