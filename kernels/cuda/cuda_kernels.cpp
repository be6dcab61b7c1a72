// What a GPU brings to attention, and what it costs there.
#include "kernels/block/gpu/gpu_kernels.h"
#include "kernels/cuda/attention_kernel.h"
#include "kernels/cuda/cuda_entry.h"
#include "kernels/cuda/merge_kernel.h"
#include "kernels/cuda/platform_attention.h"
#include "kernels/cuda/row_copy_kernel.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>

namespace ringscope {
namespace {

// Estimates for a GPU of today, none of them measured: our own kernel does 10^13 multiply-adds in a
// second, a launch with its merge holds up the host and the stream for 20 us, memory brings
// 2 * 10^12 bytes in a second, and the platform's kernels are five times as fast as our own.
constexpr double ownMultiplyAdds = 1e13;
constexpr double launchSeconds = 20e-6;
constexpr double memoryBytes = 2e12;
constexpr double platformPair = 0.2;

PieceCosts costs(const BlockInput& block) {
    const auto heads = static_cast<double>(block.q.size(0) * block.q.size(2));
    const auto size = static_cast<double>(block.q.size(3));
    // Forward; the backward pass does 2.5 times as much of all of it.
    const double pairSeconds = 2 * heads * size / ownMultiplyAdds;
    // A merge reads a part's row and the sum's, and writes it.
    const double rowSeconds = 3 * 4 * heads * size / memoryBytes;
    return {.launch = launchSeconds / pairSeconds,
            .row = rowSeconds / pairSeconds,
            .pair = platformPair};
}

void run(const AttentionTask& task) {
    C10_CUDA_CHECK(launchAttention(task, c10::cuda::getCurrentCUDAStream()));
}

void copyRows(const RowCopyTask& task) {
    C10_CUDA_CHECK(launchRowCopies(task, c10::cuda::getCurrentCUDAStream()));
}

MergeRows rowsOf(const at::Tensor& tensor) {
    return {tensor.stride(0), tensor.stride(1), tensor.stride(2)};
}

PartType partType(const at::Tensor& out, const at::Tensor& part) {
    if (part.scalar_type() == out.scalar_type()) return PartType::Same;
    TORCH_CHECK(out.scalar_type() == at::kFloat &&
                    (part.scalar_type() == at::kBFloat16 || part.scalar_type() == at::kHalf),
                "rows of ", part.scalar_type(), " cannot be merged into ", out.scalar_type());
    return part.scalar_type() == at::kHalf ? PartType::Half : PartType::BFloat16;
}

void merge(at::Tensor& out, at::Tensor& lse, const BlockOutput& part) {
    TORCH_CHECK(out.sizes() == part.out.sizes() && lse.sizes() == part.lse.sizes(),
                "cannot merge rows of shape ", part.out.sizes(), " into ", out.sizes());
    TORCH_CHECK(lse.scalar_type() == out.scalar_type() &&
                    part.lse.scalar_type() == out.scalar_type() && out.stride(3) == 1 &&
                    part.out.stride(3) == 1,
                "rows must be contiguous and lse of their type");
    C10_CUDA_CHECK(launchMerge({.out = out.mutable_data_ptr(),
                                .lse = lse.mutable_data_ptr(),
                                .partOut = part.out.const_data_ptr(),
                                .partLse = part.lse.const_data_ptr(),
                                .outRows = rowsOf(out),
                                .lseRows = rowsOf(lse),
                                .partOutRows = rowsOf(part.out),
                                .partLseRows = rowsOf(part.lse),
                                .batch = out.size(0),
                                .tokens = out.size(1),
                                .heads = out.size(2),
                                .size = out.size(3),
                                .doubles = out.scalar_type() == at::kDouble,
                                .partType = partType(out, part.out)},
                               c10::cuda::getCurrentCUDAStream(out.device().index())));
}

}  // namespace

const GpuKernels cudaKernels{.takes = platformTakes,
                             .forward = platformForward,
                             .backward = platformBackward,
                             .costs = costs,
                             .run = run,
                             .merge = merge,
                             .copyRows = copyRows};

}  // namespace ringscope
