// What `ringscope plan memory` prints.
#pragma once

#include "backend/memory/memory_plan.h"
#include "backend/run/experiment_plan.h"

#include <string>
#include <vector>

namespace ringscope {

// A run that can work, and what it will hold.
struct PlannedMemory {
    std::string name;
    std::string mode;
    int ranks = 1;
    DeviceChoice device = DeviceChoice::Cpu;  // of its ranks
    std::optional<Bytes> budget{};
    MemoryPlan memory{};
};
Result<std::vector<PlannedMemory>> plannedMemory(const std::vector<RunRequest>& requests);

// A row a run: device, ranks, peak, moment, categories; then the waterfall of each run that asks
// for levers. Ends with a newline.
std::string memoryPlanText(const std::vector<PlannedMemory>& runs);

// schema_version, experiment, runs[] (name, mode, ranks, device, peak_bytes, peak_moment,
// categories{}, host_bytes, disk_bytes, node_disk_bytes, fits, beside_tensors[], waterfall[]),
// refusals[]. Ends with a newline.
std::string memoryPlanJson(const std::string& experiment, const std::vector<PlannedMemory>& runs,
                           const std::vector<RefusedRun>& refused);

// What a run's ranks hold their tensors on: "CPU" or "GPU". Their peaks differ: a CPU's ranks
// compute some rows at a time, and Gloo copies what it exchanges.
std::string_view deviceWord(DeviceChoice device);

// "backward, layer 2"
std::string peakMomentText(const PredictedPeak& peak);

// "137 MiB on rank 1, backward, layer 2: activations 90.2 MiB, parameters 12 MiB"; the largest
// categories first, those under a hundredth of the whole left out.
std::string peakText(const PredictedPeak& peak);

// "+2.1 MiB sent, +3 MiB disk, +1.2 GFLOP a step"; empty: it costs nothing.
std::string priceText(const LeverPrice& price);

}  // namespace ringscope
