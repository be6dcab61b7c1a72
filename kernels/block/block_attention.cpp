#include "kernels/block/block_attention.h"

#include "kernels/block/block_kernels.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <c10/util/Exception.h>

namespace ringscope {

const BlockKernels& blockKernelsFor(const at::Tensor& tensor) {
    if (tensor.is_cpu()) return cpuBlockKernels;
    TORCH_CHECK(tensor.is_cuda(), "there is no attention for device ", tensor.device());
    return gpuBlockKernels;
}

BlockOutput blockForward(const BlockInput& block) {
    const ScopedSpan span(tagHere(SpanKind::Attention, Operation::Block));
    return blockKernelsFor(block.q).forward(block);
}

void addBlockGradients(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut,
                       const BlockGradients& sums) {
    const ScopedSpan span(tagHere(SpanKind::Attention, Operation::Block));
    blockKernelsFor(block.q).addGradients(block, whole, dOut, sums);
}

}  // namespace ringscope
