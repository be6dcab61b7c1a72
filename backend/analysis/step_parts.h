// Where the recorded steps of a rank went: parts that add up to them, to the nanosecond.
//
//   attention        its blocks
//   compute          all other computation
//   waiting[r]       exposed communication until rank r came; of several, the one that came last
//   transfer         exposed communication while bytes moved
//   copies           copies between memories, exposed
//   launchGap        nothing, between the first and the last block of a layer's attention
//   tail             nothing, between the last block and the end of that layer's last message
//   idle             nothing, elsewhere
#pragma once

#include "backend/analysis/clock_verdict.h"
#include "backend/analysis/intervals.h"
#include "backend/analysis/rank_sets.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <map>
#include <vector>

namespace ringscope {

// A stretch of time in which a rank waited for another, and for which.
struct BlamedWait {
    Interval when;
    int rank = -1;
};

// The exposed waits of a rank, in order and disjoint.
std::vector<BlamedWait> blamedWaits(const RankTrace& rank,
                                    const std::vector<MessageMeeting>& meetings,
                                    const IntervalSet& exposedWait);

struct StepParts {
    int rank = 0;
    std::int64_t steps = 0;  // their wall time
    std::int64_t attention = 0;
    std::int64_t compute = 0;
    std::map<int, std::int64_t> waiting;
    std::int64_t transfer = 0;
    std::int64_t copies = 0;
    std::int64_t launchGap = 0;
    std::int64_t tail = 0;
    std::int64_t idle = 0;

    std::int64_t waitingForAll() const;
    std::int64_t sum() const;
};

StepParts stepParts(const RankTrace& rank, const std::vector<MessageMeeting>& meetings,
                    const RankSets& sets);

}  // namespace ringscope
