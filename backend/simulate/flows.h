// Things that move at a rate which they share with others: messages and collectives at ports, moves
// to a host's memory or disk.
//
// Each port divides its capacity evenly over what uses it; a flow moves as fast as the slowest of
// its ports lets it. Units are bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace ringscope {

class Flows {
public:
    // Called with a flow whose end has changed, its new end, and a number that grows with each
    // change: an end with an older number is void.
    using Reschedule = std::function<void(int flow, std::int64_t end, std::uint32_t version)>;
    explicit Flows(Reschedule reschedule) : reschedule_(std::move(reschedule)) {}

    int addPort(std::int64_t unitsPerSecond);

    // `most`: units a second that the flow never exceeds; 0: as its ports allow.
    int begin(std::int64_t now, std::int64_t units, const std::vector<int>& ports,
              std::int64_t most);
    bool isCurrent(int flow, std::uint32_t version) const {
        return flows_[static_cast<std::size_t>(flow)].version == version;
    }
    void end(std::int64_t now, int flow);

private:
    struct Port {
        std::int64_t capacity = 0;
        std::vector<int> flows{};
    };
    struct Flow {
        std::int64_t left = 0;   // units
        std::int64_t rate = 0;   // units a second
        std::int64_t since = 0;  // when `left` was true
        std::int64_t most = 0;
        std::uint32_t version = 0;
        std::vector<int> ports{};
    };
    void rerate(std::int64_t now, const std::vector<int>& ports);

    Reschedule reschedule_;
    std::vector<Port> ports_{};
    std::vector<Flow> flows_{};
    std::vector<int> unused_{};
    std::vector<int> touched_{};
};

}  // namespace ringscope
