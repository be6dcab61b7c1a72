// What a rank has on disk instead of in memory (memory.offload_*).
#pragma once

#include "backend/plan/run_plan.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// Of a rank's files; and written and read in a step.
std::int64_t offloadFileBytes(const RunPlan& plan, int rank);
std::int64_t offloadBytesPerStep(const RunPlan& plan, int rank);

// Of the buffers that activations are written and read through; 0 without them.
std::int64_t offloadBufferBytes(const RunPlan& plan);

// Bytes of each record of the files of the optimizer's state and of parameters.
std::vector<std::int64_t> optimizerRecords(const RunPlan& plan, int rank);
std::vector<std::int64_t> valueRecords(const RunPlan& plan, int rank);

}  // namespace ringscope
