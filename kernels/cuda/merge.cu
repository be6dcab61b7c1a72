// One warp merges one row: the lanes share the two lse values and stride over its D elements.
#include "kernels/cuda/merge_kernel.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace ringscope {
namespace {

constexpr int warpSize_ = 32;
constexpr int warpsPerBlock = 8;

__device__ std::int64_t rowOffset(const MergeRows& rows, const MergeTask& task, std::int64_t row) {
    const std::int64_t head = row % task.heads;
    const std::int64_t token = row / task.heads % task.tokens;
    const std::int64_t batch = row / task.heads / task.tokens;
    return batch * rows.batchStride + token * rows.tokenStride + head * rows.headStride;
}

template <typename T>
struct Weights {
    T before;
    T part;
    T lse;
};

template <typename T>
__device__ Weights<T> weigh(T before, T part) {
    const T most = max(before, part);
    if (isinf(most) && most < T(0)) return {T(1), T(0), most};  // no key at all
    const T lse = most + log1p(exp(min(before, part) - most));
    return {exp(before - lse), exp(part - lse), lse};
}

template <typename T, typename Part>
__global__ void mergeRows(MergeTask task) {
    const std::int64_t warp = std::int64_t(blockIdx.x) * warpsPerBlock + threadIdx.x / warpSize_;
    const int lane = threadIdx.x % warpSize_;
    if (warp >= task.batch * task.tokens * task.heads) return;

    T* const lse = static_cast<T*>(task.lse) + rowOffset(task.lseRows, task, warp);
    const T partLse = static_cast<const T*>(task.partLse)[rowOffset(task.partLseRows, task, warp)];
    const Weights<T> weights = weigh(*lse, partLse);
    __syncwarp();  // every lane has read lse before one writes it
    if (lane == 0) *lse = weights.lse;
    if (weights.part == T(0)) return;  // the part's values may be anything

    T* const out = static_cast<T*>(task.out) + rowOffset(task.outRows, task, warp);
    const Part* const part =
        static_cast<const Part*>(task.partOut) + rowOffset(task.partOutRows, task, warp);
    for (std::int64_t i = lane; i < task.size; i += warpSize_) {
        const T added = weights.part * static_cast<T>(part[i]);
        out[i] = weights.before == T(0) ? added : weights.before * out[i] + added;
    }
}

template <typename T, typename Part>
cudaError_t launch(const MergeTask& task, cudaStream_t stream) {
    const std::int64_t rows = task.batch * task.tokens * task.heads;
    if (rows == 0) return cudaSuccess;
    const auto blocks = static_cast<unsigned>((rows + warpsPerBlock - 1) / warpsPerBlock);
    mergeRows<T, Part><<<blocks, warpsPerBlock * warpSize_, 0, stream>>>(task);
    return cudaGetLastError();
}

}  // namespace

cudaError_t launchMerge(const MergeTask& task, cudaStream_t stream) {
    if (task.doubles) return launch<double, double>(task, stream);
    switch (task.partType) {
        case PartType::BFloat16:
            return launch<float, __nv_bfloat16>(task, stream);
        case PartType::Half:
            return launch<float, __half>(task, stream);
        case PartType::Same:
            break;
    }
    return launch<float, float>(task, stream);
}

}  // namespace ringscope
