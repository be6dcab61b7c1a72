// The fused merge on a GPU: mergePartOnCpu's twin (kernels/block/merge.h), free of ATen so that
// nvcc compiles it in a second.
#pragma once

#include <cuda_runtime_api.h>
#include <cstdint>

namespace ringscope {

// A tensor's rows (b, i, h), strides in elements.
struct MergeRows {
    std::int64_t batchStride = 0;
    std::int64_t tokenStride = 0;
    std::int64_t headStride = 0;
};

enum class PartType : std::uint8_t { Same, BFloat16, Half };  // Same: the accumulator's

// out (B, n, H, D) and lse (B, n, H) in place; float, or double where `doubles`.
struct MergeTask {
    void* out = nullptr;
    void* lse = nullptr;
    const void* partOut = nullptr;
    const void* partLse = nullptr;
    MergeRows outRows{};
    MergeRows lseRows{};
    MergeRows partOutRows{};
    MergeRows partLseRows{};
    std::int64_t batch = 0;
    std::int64_t tokens = 0;
    std::int64_t heads = 0;
    std::int64_t size = 0;  // D
    bool doubles = false;
    PartType partType = PartType::Same;
};

// Launches on `stream` and returns.
cudaError_t launchMerge(const MergeTask& task, cudaStream_t stream);

}  // namespace ringscope
