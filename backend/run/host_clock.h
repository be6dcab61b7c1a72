// How far the clocks of a run's hosts are apart, from pings to their agents.
//
// A host reads its clock at some time between the ping's departure and the pong's arrival here. So
// the quickest exchange of a round is the most exact one: its error is at most half its duration.
#pragma once

#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ringscope {

class HostClock {
public:
    // One exchange, in ns: `sent` and `received` on our clock, `theirs` on the host's. Of the
    // exchanges since the last nextRound(), only the quickest is kept.
    void add(std::int64_t sent, std::int64_t received, std::int64_t theirs);
    // All hosts of a run must begin their rounds together.
    void nextRound() { rounds_.emplace_back(); }

    // This host's clock compared with that of `reference`: a sample for each round that both took
    // part in.
    std::vector<ClockSample> against(const HostClock& reference) const;

private:
    struct Exchange {
        std::int64_t theirs = 0;
        std::int64_t offset = 0;  // theirs - ours
        std::int64_t error = 0;
    };

    // Nothing: no exchange in that round.
    std::vector<std::optional<Exchange>> rounds_ = std::vector<std::optional<Exchange>>(1);
};

}  // namespace ringscope
