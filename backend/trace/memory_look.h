// Colour and order of what memory is for: the same in the timeline, in charts and in reports.
#pragma once

#include "backend/core/look.h"
#include "backend/trace/allocation.h"

#include <span>

namespace ringscope {

// From below: what stays the whole step under what comes and goes.
std::span<const MemoryCategory> memoryStack();

const ColourPair& memoryLookOf(MemoryCategory category);

}  // namespace ringscope
