// --hosts of `run` and `doctor`: a list like node1:2,node2:2, or the name of a hostfile.
#pragma once

#include "backend/config/host_list.h"
#include "backend/core/result.h"

#include <string>
#include <vector>

namespace ringscope::cli {

// Unavailable ("no such hostfile") where the word can only mean a file and there is none.
Result<std::vector<HostSpec>> hostsNamed(const std::string& words);

// What --set would say: transport ssh, and launch.hosts or launch.hostfile.
Result<std::vector<std::string>> hostOverrides(const std::string& words);

}  // namespace ringscope::cli
