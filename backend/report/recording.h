// What the trace of a run shows that no figure of the comparison does: where each ring step's time
// went, and what memory was for when a rank held the most.
#pragma once

#include "backend/analysis/findings.h"
#include "backend/analysis/memory.h"
#include "backend/core/ids.h"

#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct Recording {
    RunId run;
    std::string label{};  // of its configuration
    std::string mode{};
    std::int64_t steps = 1;                    // recorded; the times below are of all of them
    bool splits = false;                       // whether waiting is told from moving bytes
    std::vector<RingStepFigures> ringSteps{};  // by rank, pass, ring step
    std::optional<MemoryPeak> memory{};        // of the rank that held the most
};

}  // namespace ringscope
