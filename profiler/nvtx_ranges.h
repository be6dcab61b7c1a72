// The same spans for NVIDIA's tools: NVTX ranges in the domain "ringscope". The only nvtx3 include
// is in the .cpp file; without a tool attached, or without NVTX at build time, nothing happens.
#pragma once

#include "backend/trace/span.h"

namespace ringscope {

// Whether a tool listens. It must have come before the first range: NVTX looks once.
bool nvtxHasListener();

void pushNvtxRange(Operation operation);
void popNvtxRange();

}  // namespace ringscope
