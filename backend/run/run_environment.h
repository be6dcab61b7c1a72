// Where and for whom a run ran: what each host's agent told of its machine, and what the program
// that started the run knows of its user's folder. What is not known is empty.
#pragma once

#include "backend/core/units.h"

#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// One host of a run, as its agent sees it.
struct HostFacts {
    std::string host{};               // as the run names it: "localhost", "node1"
    std::string machine{};            // as it calls itself
    std::string processor{};          // "AMD EPYC 7763 64-Core Processor"
    int cores = 0;                    // that its ranks may use; 0: not known
    Bytes memory{};                   // that its ranks may use; 0: not known
    std::string system{};             // "Linux 6.1.0-18-amd64, Debian GNU/Linux 12 (bookworm)"
    std::vector<std::string> gpus{};  // "NVIDIA H200", one a device
    std::string driver{};             // of the GPUs
    std::string interface {};         // that has the address at which its ranks are reached: "eth0"

    bool operator==(const HostFacts&) const = default;
};

// What the program that started a run was asked, and from which sources.
struct RunOrigin {
    std::string command{};        // the line that does the same again
    std::string folder{};         // the folder it was started in
    std::string commit{};         // of the git work tree that holds the folder
    std::optional<bool> dirty{};  // whether tracked files differ from the commit

    bool operator==(const RunOrigin&) const = default;
};

struct RunEnvironment {
    std::vector<HostFacts> hosts{};  // in the order they were heard
    std::string network{};           // "loopback", "eth0", "node1 eth0, node2 ib0"
    RunOrigin origin{};

    bool operator==(const RunEnvironment&) const = default;
};

// What ranks reach each other over: "loopback" where all are on one machine.
std::string networkWords(const std::vector<HostFacts>& hosts);

// "4f1c2ab90d33 with changes"; empty where there is no commit.
std::string commitWords(const RunOrigin& origin);

// "4 × NVIDIA H200, NVIDIA A30".
std::string gpuWords(const std::vector<std::string>& gpus);

}  // namespace ringscope
