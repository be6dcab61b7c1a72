// What a rank writes to disk instead of keeping it (memory.offload_activations).
#pragma once

#include "backend/plan/run_plan.h"

#include <cstdint>

namespace ringscope {

// Of a rank's file, and of the buffers in memory that it is written and read through; 0 without it.
std::int64_t offloadFileBytes(const RunPlan& plan);
std::int64_t offloadBufferBytes(const RunPlan& plan);

// Written and read in a step.
std::int64_t offloadBytesPerStep(const RunPlan& plan);

}  // namespace ringscope
