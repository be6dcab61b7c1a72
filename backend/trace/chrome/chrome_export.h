// A trace as Chrome's trace JSON, for Perfetto and chrome://tracing.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/trace.h"

#include <filesystem>

namespace ringscope {

// A process per rank, a thread per lane, flows from each send to its receive.
Result<void> writeChromeTrace(const Trace& trace, const std::filesystem::path& file);

}  // namespace ringscope
