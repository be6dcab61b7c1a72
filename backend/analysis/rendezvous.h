// Pairs the ends of every message and tells from when on its bytes could move.
#pragma once

#include "backend/trace/trace.h"

#include <cstdint>
#include <vector>

namespace ringscope {

struct MessageMeeting {
    std::int64_t moving = 0;  // when the last end was posted
    int latest = -1;          // the rank that posted it; -1: another end is not in the trace

    bool known() const { return latest >= 0; }
};

// result[r][i] belongs to spans[i] of trace.ranks[r]; only transfers are filled in.
std::vector<std::vector<MessageMeeting>> matchMessages(const Trace& trace);

}  // namespace ringscope
