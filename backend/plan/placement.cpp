#include "backend/plan/placement.h"

#include "backend/core/text.h"

#include <algorithm>

namespace ringscope {
namespace {

// Equal blocks, the first hosts one more.
std::vector<std::vector<int>> equalShares(int ranks, std::size_t hosts) {
    std::vector<std::vector<int>> placed(hosts);
    for (int rank = 0; rank < ranks; ++rank)
        placed[static_cast<std::size_t>(rank) * hosts / static_cast<std::size_t>(ranks)].push_back(
            rank);
    return placed;
}

Error refused(const std::string& message) { return {ErrorCode::InvalidConfig, message}; }

}  // namespace

Result<std::vector<std::vector<int>>> placeRanks(int ranks, const std::vector<HostSpec>& hosts) {
    if (std::ranges::all_of(hosts, [](const HostSpec& host) { return host.slots == 0; }))
        return equalShares(ranks, hosts.size());
    std::vector<std::vector<int>> placed(hosts.size());
    int next = 0;
    for (std::size_t host = 0; host < hosts.size(); ++host)
        for (int slot = 0; slot < hosts[host].slots && next < ranks; ++slot)
            placed[host].push_back(next++);
    if (next == ranks) return placed;
    std::vector<std::string> names;
    for (const HostSpec& host : hosts) names.push_back(toText(host));
    return Error{ErrorCode::Unavailable, std::to_string(ranks) + " ranks need " +
                                             std::to_string(ranks) + " slots; " +
                                             join(names, ", ") + " have " + std::to_string(next)};
}

Result<std::vector<HostSpec>> launchHosts(const LaunchConfig& launch) {
    if (launch.transport == TransportKind::Local) {
        if (!launch.hosts.empty() || launch.hostfile)
            return refused(
                "launch.hosts and launch.hostfile are for transports that reach other hosts; set "
                "launch.transport to ssh, or launch.hosts to [] and launch.hostfile to null");
        return std::vector<HostSpec>(1);
    }
    if (launch.hosts.empty() && !launch.hostfile)
        return refused("launch.transport " + std::string(nameOf(launch.transport)) +
                       " needs hosts; name them in launch.hosts ([node1:2, node2:2]) or in a "
                       "launch.hostfile");
    if (!launch.hosts.empty() && launch.hostfile)
        return refused("launch.hosts and launch.hostfile both name hosts; use one of them");
    RINGSCOPE_TRY(std::vector<HostSpec> hosts,
                  launch.hostfile ? readHostfile(*launch.hostfile) : parseHosts(launch.hosts));
    for (HostSpec& host : hosts) host.transport = launch.transport;
    return hosts;
}

}  // namespace ringscope
