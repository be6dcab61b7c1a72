// Divides a block on a GPU between the platform's kernels and our own.
#pragma once

#include "kernels/block/gpu/gpu_kernels.h"

#include <memory>
#include <vector>

namespace ringscope {

struct BlockDivision {
    std::vector<BlockPiece> pieces{};  // the platform's
    bool rest = false;                 // our own has something to do
    std::vector<TokenSpan> seen{};     // what rows of the rest see; empty: what the block says
};

// Cached by each thread: all layers and passes of a step divide the same few blocks, and dividing
// one takes the host a microsecond for about ten rows.
std::shared_ptr<const BlockDivision> divisionOf(const BlockInput& block, const GpuKernels& kernels);

}  // namespace ringscope
