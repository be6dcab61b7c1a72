// A machine as YAML (resources/machines/*.yaml), with every problem in its place.
//
//     machine: h100-8x
//     device: {kind: gpu, name: H100 SXM5 80 GB, per_host: 8, memory: 79.6GiB, bandwidth: 2850, …}
//     products:  [{type: bf16, rows: [1024, 8192], tflops: [560, 700], source: …}]
//     attention: [{kernel: fa3, type: bf16, heads: 64, head_size: 128, pass: forward, mask: causal,
//                  tokens: [1024, 2048], tflops: [287, 586], source: …}]
//     links:     [{name: nvlink, reach: 8, bandwidth: 360, latency: 8, source: …}, …]
//
// Bandwidths are GB/s, decimal; latencies and launches µs. A figure without a source is refused.
#pragma once

#include "backend/config/experiment.h"
#include "backend/machine/machine.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// Every problem found, not only the first; none means that `machine` is complete.
struct MachineReading {
    Machine machine{};
    std::vector<ConfigProblem> problems{};

    bool ok() const { return problems.empty(); }
};

MachineReading readMachine(const std::string& fileName, std::string_view text);

// Reads back as the same machine.
std::string machineText(const Machine& machine);

}  // namespace ringscope
