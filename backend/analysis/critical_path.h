// The chain of work that decided when the recorded steps ended, across ranks.
//
//   rank 0   ====compute====|                      |==compute==|
//                            \ sends                /
//   rank 1   ==| waits ......|=====compute=====|---'
//
// Found backwards from the last end: a rank's own work, back to where it last waited for another
// rank; then the work of that rank, back from the moment when it posted its end. The pieces follow
// each other without a gap, so shortening one of them shortens the run, until another chain is the
// longest.
#pragma once

#include "backend/analysis/clock_verdict.h"
#include "backend/analysis/intervals.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <vector>

namespace ringscope {

struct PathPiece {
    int rank = 0;
    Interval when;
};

// What a rank did while it was on the path.
struct PathShare {
    int rank = 0;
    std::int64_t total = 0;
    std::int64_t attention = 0;
    std::int64_t compute = 0;  // the rest of it
    std::int64_t exposed = 0;  // communication: bytes moving, or a wait that no rank caused
    std::int64_t idle = 0;
};

struct CriticalPath {
    std::vector<PathPiece> pieces;  // in order of time, each begins where the one before ends
    std::vector<PathShare> shares;  // by rank; only of ranks on the path
    std::int64_t length() const;
};

// `trace` as withGpuSpans() makes it.
CriticalPath criticalPath(const Trace& trace, const TrustedMeetings& trusted);

}  // namespace ringscope
