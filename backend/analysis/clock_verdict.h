// Whether the ranks' clocks agree well enough to tell who waited for whom.
//
// A message's wait ends when the other rank posts its end, and that moment is read from another
// clock. Wait and transfer time are not told apart where the clocks may differ by more than a tenth
// of the median transfer, or where a message arrives before it was sent.
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
    // The most by which a message arrives before it was sent, between two clocks; and on one clock,
    // where the stamp of the send must have been taken late.
    std::int64_t contradiction = 0;
    std::int64_t lateStamp = 0;
    std::string sentence;  // "the ranks share one clock"
};

using Meetings = std::vector<std::vector<MessageMeeting>>;

ClockVerdict judgeClocks(const Trace& trace, const Meetings& meetings);

// The meetings that figures are computed from. As matchMessages() finds them; if the clocks cannot
// be aligned, each message moves from its posting on, so that all waits are zero.
struct TrustedMeetings {
    Meetings meetings;
    ClockVerdict clock;
};
TrustedMeetings trustedMeetings(const Trace& trace);

}  // namespace ringscope
