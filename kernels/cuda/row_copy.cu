#include "kernels/cuda/row_copy_kernel.h"
#include "kernels/cuda/row_copy_program.h"

#include <limits>

namespace ringscope {
namespace {

__global__ void __launch_bounds__(kernel::blockThreads) copyRows(const RowCopyTask task) {
    kernel::copyPiece(kernel::ThreadBlock(), task, blockIdx.x);
}

}  // namespace

cudaError_t launchRowCopies(const RowCopyTask& task, cudaStream_t stream) {
    const std::int64_t blocks = kernel::copyBlocks(task);
    if (blocks == 0) return cudaSuccess;
    if (blocks > std::numeric_limits<std::int32_t>::max()) return cudaErrorInvalidConfiguration;
    copyRows<<<static_cast<unsigned>(blocks), kernel::blockThreads, 0, stream>>>(task);
    return cudaGetLastError();
}

}  // namespace ringscope
