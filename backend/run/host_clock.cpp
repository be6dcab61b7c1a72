#include "backend/run/host_clock.h"

#include <algorithm>
#include <utility>

namespace ringscope {

void HostClock::add(std::int64_t sent, std::int64_t received, std::int64_t theirs) {
    const Exchange exchange{.theirs = theirs,
                            .offset = theirs - (sent + (received - sent) / 2),
                            .error = (received - sent + 1) / 2};
    if (std::exchange(fresh_, false)) return rounds_.push_back(exchange);
    if (exchange.error < rounds_.back().error) rounds_.back() = exchange;
}

std::vector<ClockSample> HostClock::against(const HostClock& reference) const {
    std::vector<ClockSample> samples;
    for (std::size_t i = 0; i < std::min(rounds_.size(), reference.rounds_.size()); ++i) {
        const Exchange& here = rounds_[i];
        const Exchange& there = reference.rounds_[i];
        samples.push_back({.local = here.theirs,
                           .reference = here.theirs - here.offset + there.offset,
                           .error = here.error + there.error});
    }
    return samples;
}

}  // namespace ringscope
