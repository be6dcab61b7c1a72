// A block as what the platform's kernels of a GPU and what our own are to do.
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

// Kept for the next time: all layers and passes of a step divide the same few blocks, and to divide
// one takes the host a microsecond for some ten rows. Each thread keeps its own.
std::shared_ptr<const BlockDivision> divisionOf(const BlockInput& block, const GpuKernels& kernels);

}  // namespace ringscope
