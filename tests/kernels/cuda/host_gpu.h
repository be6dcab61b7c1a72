// A GPU made of what a host has: ATen's flash attention for the CPU in place of the platform's, and
// the twin of our own kernel. So the code that divides work between the two runs in tests.
#pragma once

#include "kernels/block/gpu/gpu_kernels.h"

namespace ringscope::test {

// Cuts as if launches cost next to nothing, so that small blocks have every kind of piece.
extern const GpuKernels hostGpu;

// Blocks that went to the one and to the other since the last question.
struct KernelCalls {
    int platform = 0;
    int own = 0;
};
KernelCalls takeKernelCalls();

}  // namespace ringscope::test
