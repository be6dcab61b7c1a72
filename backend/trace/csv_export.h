// A trace as a table.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/trace.h"

#include <filesystem>

namespace ringscope {

// A line for each span, times in nanoseconds.
Result<void> writeTraceCsv(const Trace& trace, const std::filesystem::path& file);

}  // namespace ringscope
