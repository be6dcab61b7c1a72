// Reads one rank's trace from its file. FORMAT.md describes every byte.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/rank_trace.h"

#include <filesystem>
#include <functional>
#include <span>

namespace ringscope {

// Reads whatever is readable. An Error only where not even the header is.
Result<RankTrace> readTraceFile(const std::filesystem::path& path);

// The same, but hands over the spans chunk by chunk, of the host or of a stream, and keeps none of
// them, nor names and allocations.
using SpanSink = std::function<void(const GpuStream* stream, std::span<const Span> spans)>;
Result<RankTrace> scanTraceFile(const std::filesystem::path& path, const SpanSink& sink);

}  // namespace ringscope
