// The copies of rows of a GPU, run by the host: the same source, block of threads by block.
#pragma once

#include "kernels/device/row_copy_task.h"

namespace ringscope {

void copyRowsByBlocks(const RowCopyTask& task);

}  // namespace ringscope
