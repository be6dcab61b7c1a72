#include "kernels/cuda/attention_kernel.h"
#include "kernels/cuda/attention_program.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <limits>

namespace ringscope {
namespace {

template <AttentionPass pass, typename T, typename In, int chunks>
__global__ void __launch_bounds__(kernel::blockThreads) attentionBlocks(const AttentionTask task) {
    __shared__ kernel::AttentionMemory<T> memory;
    kernel::runAttention<pass, T, In, chunks>(kernel::ThreadBlock(), memory, task, blockIdx.x);
}

struct Launch {
    cudaStream_t stream;

    template <AttentionPass pass, typename T, typename In, int chunks>
    cudaError_t with(const AttentionTask& task) const {
        const std::int64_t blocks = threadBlocks(task);
        if (blocks == 0) return cudaSuccess;
        if (blocks > std::numeric_limits<std::int32_t>::max()) return cudaErrorInvalidConfiguration;
        attentionBlocks<pass, T, In, chunks>
            <<<static_cast<unsigned>(blocks), kernel::blockThreads, 0, stream>>>(task);
        return cudaGetLastError();
    }
};

}  // namespace

cudaError_t launchAttention(const AttentionTask& task, cudaStream_t stream) {
    return kernel::withTypes<__nv_bfloat16, __half>(task, Launch{stream});
}

}  // namespace ringscope
