// The tiled attention of a GPU, run by the host: the same source, for tests and debugging without a
// GPU.
#pragma once

#include "kernels/cuda/thread_block.h"
#include "kernels/device/attention_task.h"

namespace ringscope {

void runAttentionOnHost(const AttentionTask& task, kernel::ThreadOrder order);

}  // namespace ringscope
