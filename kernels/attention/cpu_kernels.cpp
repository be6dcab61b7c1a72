// Block attention on a CPU: our own tiles for every block (decision 7).
#include "kernels/attention/block_kernels.h"
#include "kernels/attention/merge.h"
#include "kernels/attention/row_copies.h"
#include "kernels/attention/tiled_attention.h"

namespace ringscope {

const BlockKernels cpuBlockKernels{
    .forward = tiledForward,
    .addGradients = addTiledGradients,
    .merge = mergePartOnCpu,
    .copyRows = copyRowsOnCpu};

}  // namespace ringscope
