// What the CUDA module's files offer its entry point.
#pragma once

#include "kernels/attention/block_kernels.h"
#include "kernels/comm/rendezvous.h"

namespace ringscope {

extern const BlockKernels cudaBlockKernels;

Result<std::unique_ptr<Group>> makeNcclGroup(const Meeting& meeting, const GroupOptions& options);

}  // namespace ringscope
