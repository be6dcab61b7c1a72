// Copies of rows on a GPU; copyRowsOnCpu's twin (kernels/block/row_copies.h).
#pragma once

#include "kernels/device/row_copy_task.h"

#include <cuda_runtime_api.h>

namespace ringscope {

// Launches on `stream` and returns.
cudaError_t launchRowCopies(const RowCopyTask& task, cudaStream_t stream);

}  // namespace ringscope
