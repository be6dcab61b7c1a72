// How far the clocks of a run's hosts are apart, from pings to their agents.
//
// A pong holds the host's clock somewhere between a ping's leaving and the pong's arrival. The
// quickest exchange of a round says it best: the truth is within half of what that one took.
#pragma once

#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope {

class HostClock {
public:
    // One exchange, on our clock and on theirs, in ns. Of those since the last nextRound() the
    // quickest is kept.
    void add(std::int64_t sent, std::int64_t received, std::int64_t theirs);
    void nextRound() { fresh_ = true; }

    // This host's clock held against that of `reference`, a sample a round both took part in.
    std::vector<ClockSample> against(const HostClock& reference) const;

private:
    struct Exchange {
        std::int64_t theirs = 0;
        std::int64_t offset = 0;  // theirs - ours
        std::int64_t error = 0;
    };

    std::vector<Exchange> rounds_;
    bool fresh_ = true;
};

}  // namespace ringscope
