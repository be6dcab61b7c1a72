// The tiled attention of a GPU (attention_program.h), launched.
#pragma once

#include "kernels/device/attention_task.h"

#include <cuda_runtime_api.h>

namespace ringscope {

// Launches on `stream` and returns.
cudaError_t launchAttention(const AttentionTask& task, cudaStream_t stream);

}  // namespace ringscope
