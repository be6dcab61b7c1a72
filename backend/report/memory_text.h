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
    std::optional<Bytes> budget{};
    MemoryPlan memory{};
};
Result<std::vector<PlannedMemory>> plannedMemory(const std::vector<RunRequest>& requests);

// A row a run: ranks, peak, moment, categories; then the waterfall of each run that asks for
// levers. Ends with a newline.
std::string memoryPlanText(const std::vector<PlannedMemory>& runs);

// schema_version, experiment, runs[] (name, mode, ranks, peak_bytes, peak_moment, categories{},
// host_bytes, disk_bytes, node_disk_bytes, fits, beside_tensors[], waterfall[]), refusals[]. Ends
// with a newline.
std::string memoryPlanJson(const std::string& experiment, const std::vector<PlannedMemory>& runs,
                           const std::vector<RefusedRun>& refused);

// "backward pass of layer 2"
std::string peakMomentText(const PredictedPeak& peak);

}  // namespace ringscope
