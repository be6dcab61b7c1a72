#include "kernels/rank/compute_threads.h"

#include "kernels/vector/elementary_functions.h"

#include <ATen/Parallel.h>

namespace ringscope {

void settleComputeThreads(const LaunchConfig& launch) {
    at::set_num_threads(static_cast<int>(launch.threadsPerRank));
    at::set_num_interop_threads(1);
    settleElementaryFunctions();
}

}  // namespace ringscope
