// Writes the traces that agents of other hosts send into a folder, one file a rank. The files are
// those that the ranks wrote on their hosts.
#pragma once

#include "backend/core/result.h"
#include "backend/core/units.h"
#include "backend/run/protocol.h"
#include "backend/trace/rank_trace.h"
#include "backend/trace/trace_files.h"

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

namespace ringscope {

// Of one rank: more than a day of a training's spans. A host that sends more fills our disk.
inline constexpr Bytes largestTrace{std::int64_t{8} << 30};

class TraceInbox {
public:
    explicit TraceInbox(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // Appends the next part of a rank's file. Fails where a part is missing or cannot be written.
    Result<void> add(const TraceChunk& chunk);

    // Appends samples of the rank's clock to its file. Does nothing where it sent no trace.
    Result<void> addClock(int rank, const std::vector<ClockSample>& samples);

private:
    std::filesystem::path fileOf(int rank) const { return folder_ / traceFileName(rank); }

    std::filesystem::path folder_;
    std::map<int, std::int64_t> received_;  // bytes, by rank
};

}  // namespace ringscope
