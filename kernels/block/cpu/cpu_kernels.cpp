// Block attention on a CPU: our own tiles for every block (decision 7).
#include "kernels/block/block_kernels.h"
#include "kernels/block/cpu/tiled_attention.h"
#include "kernels/block/merge.h"
#include "kernels/block/row_copies.h"

namespace ringscope {

const BlockKernels cpuBlockKernels{.forward = tiledForward,
                                   .addGradients = addTiledGradients,
                                   .merge = mergePartOnCpu,
                                   .copyRows = copyRowsOnCpu,
                                   .scatteredRows = true};

}  // namespace ringscope
