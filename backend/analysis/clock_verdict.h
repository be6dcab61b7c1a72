// Whether the ranks' clocks agree well enough to say who waited for whom.
//
// A message's wait ends when the other rank posts its end, a moment of another clock. Where the
// clocks may be further apart than a tenth of the median transfer, or a message arrives before it
// was sent, the split says nothing, and none is made.
#pragma once

#include "backend/analysis/rendezvous.h"
#include "backend/trace/trace.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

struct ClockVerdict {
    bool splits = true;  // wait and transfer can be told apart
    std::int64_t medianTransfer = 0;
    std::int64_t contradiction = 0;  // by how much the worst message arrives before it was sent
    std::string sentence;            // "the ranks share one clock"
};

using Meetings = std::vector<std::vector<MessageMeeting>>;

ClockVerdict judgeClocks(const Trace& trace, const Meetings& meetings);

// Who met whom when, as far as the clocks let it be said.
struct TrustedMeetings {
    Meetings meetings;  // matchMessages(), or, where the clocks refuse, nobody waits for anybody
    ClockVerdict clock;
};
TrustedMeetings trustedMeetings(const Trace& trace);

}  // namespace ringscope
