// Traces that agents of other hosts send: put together here, one file a rank, as if the ranks had
// written them into this folder.
#pragma once

#include "backend/core/result.h"
#include "backend/run/protocol.h"
#include "backend/trace/rank_trace.h"
#include "backend/trace/trace_files.h"

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

namespace ringscope {

class TraceInbox {
public:
    explicit TraceInbox(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // The next part of a rank's file. An Error where a part is missing or cannot be written.
    Result<void> take(const TraceChunk& chunk);

    // Appends what is known of the rank's clock; nothing where the rank sent no trace.
    Result<void> addClock(int rank, const std::vector<ClockSample>& samples);

private:
    std::filesystem::path fileOf(int rank) const { return folder_ / traceFileName(rank); }

    std::filesystem::path folder_;
    std::map<int, std::int64_t> received_;  // bytes, by rank
};

}  // namespace ringscope
