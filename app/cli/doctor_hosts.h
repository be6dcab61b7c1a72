// ringscope doctor --hosts: can these machines run an experiment together?
#pragma once

#include "app/cli/command.h"

#include <string>

namespace ringscope::cli {

// `hosts`: a hostfile, or "node1:2,node2:2". Prints a table or JSON; returns the exit code.
int doctorHosts(const std::string& hosts, bool json);

}  // namespace ringscope::cli
