#include "kernels/attention/block_attention.h"

#include "kernels/attention/block_kernels.h"
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

BlockGradients blockBackward(const BlockInput& block, const BlockOutput& whole,
                             const at::Tensor& dOut) {
    const ScopedSpan span(tagHere(SpanKind::Attention, Operation::Block));
    return blockKernelsFor(block.q).backward(block, whole, dOut);
}

}  // namespace ringscope
