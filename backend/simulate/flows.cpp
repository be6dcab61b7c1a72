#include "backend/simulate/flows.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ringscope {
namespace {

__extension__ using Wide = __int128;
constexpr std::int64_t nanosOfSecond = 1'000'000'000;

// Most things have so few units that 64 bits do, which divide several times as fast.
constexpr std::int64_t fewUnits = std::numeric_limits<std::int64_t>::max() / nanosOfSecond / 2;

// Rounded up, so that nothing ends before its last unit moved.
std::int64_t nanosFor(std::int64_t units, std::int64_t rate) {
    constexpr std::int64_t fewRate = std::numeric_limits<std::int64_t>::max() / 2;
    if (units <= fewUnits && rate <= fewRate) return (units * nanosOfSecond + rate - 1) / rate;
    return static_cast<std::int64_t>((static_cast<Wide>(units) * nanosOfSecond + rate - 1) / rate);
}

std::int64_t unitsIn(std::int64_t nanos, std::int64_t rate) {
    if (nanos == 0) return 0;
    const Wide units = static_cast<Wide>(rate) * nanos / nanosOfSecond;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min<Wide>(units, most));
}

}  // namespace

int Flows::addPort(std::int64_t unitsPerSecond) {
    ports_.push_back({.capacity = std::max<std::int64_t>(unitsPerSecond, 1)});
    return static_cast<int>(ports_.size()) - 1;
}

int Flows::begin(std::int64_t now, std::int64_t units, const std::vector<int>& ports,
                 std::int64_t most) {
    int index = 0;
    if (unused_.empty()) {
        index = static_cast<int>(flows_.size());
        flows_.emplace_back();
    } else {
        index = unused_.back();
        unused_.pop_back();
    }
    Flow& flow = flows_[static_cast<std::size_t>(index)];
    flow.left = units;
    flow.rate = 0;
    flow.since = now;
    flow.most = most;
    ++flow.version;
    flow.ports.assign(ports.begin(), ports.end());
    for (const int port : flow.ports) ports_[static_cast<std::size_t>(port)].flows.push_back(index);
    rerate(now, flow.ports);
    return index;
}

void Flows::end(std::int64_t now, int index) {
    Flow& flow = flows_[static_cast<std::size_t>(index)];
    ++flow.version;
    for (const int port : flow.ports)
        std::erase(ports_[static_cast<std::size_t>(port)].flows, index);
    unused_.push_back(index);
    rerate(now, flow.ports);
}

void Flows::rerate(std::int64_t now, const std::vector<int>& ports) {
    touched_.clear();
    for (const int port : ports)
        for (const int flow : ports_[static_cast<std::size_t>(port)].flows)
            touched_.push_back(flow);
    std::ranges::sort(touched_);
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    for (const int index : touched_) {
        Flow& flow = flows_[static_cast<std::size_t>(index)];
        std::int64_t rate = flow.most > 0 ? flow.most : std::numeric_limits<std::int64_t>::max();
        for (const int port : flow.ports) {
            const Port& each = ports_[static_cast<std::size_t>(port)];
            rate = std::min(rate, each.capacity / static_cast<std::int64_t>(each.flows.size()));
        }
        rate = std::max<std::int64_t>(rate, 1);
        if (rate == flow.rate) continue;
        flow.left -= std::min(unitsIn(now - flow.since, flow.rate), flow.left);
        flow.rate = rate;
        flow.since = now;
        reschedule_(index, now + nanosFor(flow.left, rate), ++flow.version);
    }
}

}  // namespace ringscope
