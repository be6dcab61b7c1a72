#include "kernels/cuda/row_copy_twin.h"

#include "kernels/cuda/row_copy_program.h"

namespace ringscope {

void copyRowsByBlocks(const RowCopyTask& task) {
    const kernel::ThreadBlock block(kernel::ThreadOrder::Up);
    for (std::int64_t index = 0; index < kernel::copyBlocks(task); ++index)
        kernel::copyPiece(block, task, index);
}

}  // namespace ringscope
