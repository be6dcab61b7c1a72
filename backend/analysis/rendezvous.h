// Both ends of every message, brought together: since when its bytes could move.
#pragma once

#include "backend/trace/trace.h"

#include <cstdint>
#include <vector>

namespace ringscope {

struct MessageMeeting {
    std::int64_t moving = 0;  // when the last end was posted
    int latest = -1;          // the rank that posted it; -1: the other end is not in the trace
};

// result[r][i] belongs to spans[i] of trace.ranks[r]; only transfers are filled in.
std::vector<std::vector<MessageMeeting>> matchMessages(const Trace& trace);

}  // namespace ringscope
