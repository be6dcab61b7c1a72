// The copies of rows of a GPU, run by the host: the same source, block of threads by block.
#pragma once

#include "kernels/cuda/row_copy_task.h"

namespace ringscope {

void copyRowsByBlocks(const RowCopyTask& task);

}  // namespace ringscope
