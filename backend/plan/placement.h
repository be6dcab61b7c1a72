// Which rank runs on which host. Neighbouring ranks share a host, in the order of the list.
//
//     a:2, b:2  and 4 ranks    a: 0 1    b: 2 3
//     a, b, c   and 4 ranks    a: 0 1    b: 2    c: 3
#pragma once

#include "backend/config/host_list.h"
#include "backend/config/run_config.h"

#include <vector>

namespace ringscope {

// placed[h] lists the ranks of host h in ascending order; a host may get none. Unavailable where
// the hosts have too few slots.
Result<std::vector<std::vector<int>>> placeRanks(int ranks, const std::vector<HostSpec>& hosts);

// The hosts that a run uses: this machine under transport local, otherwise those of launch.hosts or
// of launch.hostfile, which is read here. Fails where the launch settings do not fit together.
Result<std::vector<HostSpec>> launchHosts(const LaunchConfig& launch);

}  // namespace ringscope
