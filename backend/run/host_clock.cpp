#include "backend/run/host_clock.h"

#include <algorithm>

namespace ringscope {

void HostClock::add(std::int64_t sent, std::int64_t received, std::int64_t theirs) {
    const Exchange exchange{.theirs = theirs,
                            .offset = theirs - (sent + (received - sent) / 2),
                            .error = (received - sent + 1) / 2};
    std::optional<Exchange>& best = rounds_.back();
    if (!best || exchange.error < best->error) best = exchange;
}

std::vector<ClockSample> HostClock::against(const HostClock& reference) const {
    std::vector<ClockSample> samples;
    for (std::size_t i = 0; i < std::min(rounds_.size(), reference.rounds_.size()); ++i) {
        const std::optional<Exchange>& here = rounds_[i];
        const std::optional<Exchange>& there = reference.rounds_[i];
        if (!here || !there) continue;
        samples.push_back({.local = here->theirs,
                           .reference = here->theirs - here->offset + there->offset,
                           .error = here->error + there->error});
    }
    return samples;
}

}  // namespace ringscope
