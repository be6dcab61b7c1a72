// What is in a trace and what is missing, counted without keeping its spans: our own files are
// mapped, and their chunks are checked and counted in one pass.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ringscope {

struct StreamContents {
    std::uint32_t device = 0;
    std::uint32_t context = 0;
    std::uint32_t stream = 0;
    std::uint64_t spans = 0;
};

struct RankContents {
    TraceOrigin origin;
    std::uint64_t hostSpans = 0;
    std::vector<StreamContents> gpu;
    std::int64_t steps = 0;     // training steps that were recorded whole
    std::int64_t stepTime = 0;  // all of them together
    std::uint64_t dropped = 0;
    bool complete = false;
};

struct TraceContents {
    std::vector<RankContents> ranks;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t clockErrorNs = 0;
    std::vector<std::string> notes;

    std::uint64_t spans() const;
};

TraceContents contentsOf(const Trace& trace);

// The same as contentsOf(readTrace(place)).
Result<TraceContents> readTraceContents(const std::filesystem::path& place);

}  // namespace ringscope
