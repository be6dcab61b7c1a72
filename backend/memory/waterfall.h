// What memory_plan.h plans, in two parts: the first is soon known, the second takes as long as
// planning as many runs as it has rows.
#pragma once

#include "backend/memory/memory_plan.h"

#include <vector>

namespace ringscope {

// As planMemory(), without the waterfall.
Result<MemoryPlan> planWithoutWaterfall(const RunPlan& plan, const MachineTraits& machine = {});

// Of a run whose peak is known: that of the last row. Fails as planMemory().
Result<std::vector<WaterfallRow>> planWaterfall(const RunPlan& plan, const PredictedPeak& peak,
                                                const MachineTraits& machine = {});

}  // namespace ringscope
