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

// The same, but gives the spans of each chunk, of the host or of a stream, to `sink`. The result
// has  no spans, names and allocations.
using SpanSink = std::function<void(const GpuStream* stream, std::span<const Span> spans)>;
Result<RankTrace> scanTraceFile(const std::filesystem::path& path, const SpanSink& sink);

}  // namespace ringscope
