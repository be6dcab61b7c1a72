// When a rank computed, communicated and waited, as sets of time. Its figures are their lengths.
#pragma once

#include "backend/analysis/intervals.h"
#include "backend/analysis/rendezvous.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// Some transfers, not yet merged. Bytes are those that were sent.
struct TransferTimes {
    std::vector<Interval> posted;
    std::vector<Interval> moving;
    std::vector<Interval> unpaired;
    std::int64_t bytes = 0;

    void add(const Span& span, const MessageMeeting& meeting);
};

struct CommunicationSets {
    IntervalSet comm;
    IntervalSet hidden;
    IntervalSet exposed;
    IntervalSet wait;        // exposed: until the last rank came, with nothing computed
    IntervalSet hiddenWait;  // the same behind computation
    IntervalSet moving;
    IntervalSet unpaired;  // an end is not in the trace, and no other message moved
};
CommunicationSets communicationSets(TransferTimes times, const IntervalSet& compute);

struct RankSets {
    int rank = 0;
    IntervalSet steps;
    IntervalSet attention;
    IntervalSet compute;        // attention included, without the waits inside
    IntervalSet copies;         // between memories: a GPU's copy engines, which compute nothing
    IntervalSet copiesExposed;  // neither hidden by computation nor counted as communication
    IntervalSet idle;
    CommunicationSets communication;
    std::int64_t bytes = 0;
};
RankSets rankSets(const RankTrace& rank, const std::vector<MessageMeeting>& meetings);

}  // namespace ringscope
