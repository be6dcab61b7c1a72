// The chain of work that decided when the recorded steps ended, across ranks.
//
//   rank 0   ====compute====|                      |==compute==|
//                            \ sends                /
//   rank 1   ==| waits ......|=====compute=====|---'
//
// Read backwards from the last end: a rank's own work up to where it last waited for another, then
// that rank's, from the moment it came. The pieces follow each other without a gap, so what makes
// one of them shorter makes the run shorter, until another chain is the longest.
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
    std::int64_t exposed =
        0;  // communication: moving bytes, or waiting for what nobody is blamed for
    std::int64_t idle = 0;
};

struct CriticalPath {
    std::vector<PathPiece> pieces;  // in order of time, each begins where the one before ends
    std::vector<PathShare> shares;  // by rank; only of ranks on the path
    std::int64_t length() const;
};

// `trace` as withTruestSpans() makes it.
CriticalPath criticalPath(const Trace& trace, const TrustedMeetings& trusted);

}  // namespace ringscope
