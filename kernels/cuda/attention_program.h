// Tiled attention as the program of a block of threads (thread_block.h), forward and backward, for
// every mask and rule. Nothing grows with the square of the tokens.
#pragma once

#include "kernels/cuda/attention_backward.h"
#include "kernels/cuda/attention_forward.h"

namespace ringscope::kernel {

// What block `index` of threadBlocks() does. T: what sums are kept in; In: of the inputs; `chunks`
// tiles of columns hold a head.
template <AttentionPass pass, typename T, typename In, int chunks>
RINGSCOPE_KERNEL void runAttention(const ThreadBlock& block, AttentionMemory<T>& memory,
                                   const AttentionTask& task, std::int64_t index) {
    if constexpr (pass == AttentionPass::Forward)
        attend<T, In, chunks>(block, memory, task, index);
    else if constexpr (pass == AttentionPass::QueryGradients)
        queryGradients<T, In, chunks>(block, memory, task, index);
    else
        keyGradients<T, In, chunks>(block, memory, task, index);
}

// Calls run.with<pass, T, In, chunks>(task) for what the task is.
template <typename T, typename In, int chunks, typename Run>
auto withPass(const AttentionTask& task, const Run& run) {
    switch (task.pass) {
        case AttentionPass::QueryGradients:
            return run.template with<AttentionPass::QueryGradients, T, In, chunks>(task);
        case AttentionPass::KeyGradients:
            return run.template with<AttentionPass::KeyGradients, T, In, chunks>(task);
        case AttentionPass::Forward:
            break;
    }
    return run.template with<AttentionPass::Forward, T, In, chunks>(task);
}

template <typename T, typename In, typename Run>
auto withChunks(const AttentionTask& task, const Run& run) {
    if (task.size <= 64) return withPass<T, In, 64 / tile<T>>(task, run);
    if (task.size <= 128) return withPass<T, In, 128 / tile<T>>(task, run);
    return withPass<T, In, mostHeadSize / tile<T>>(task, run);
}

template <typename BFloat16, typename Half, typename Run>
auto withTypes(const AttentionTask& task, const Run& run) {
    switch (task.type) {
        case ElementType::Double:  // for proofs, not for speed: one kernel for heads of all sizes
            return withPass<double, double, mostHeadSize / tile<double>>(task, run);
        case ElementType::BFloat16:
            return withChunks<float, BFloat16>(task, run);
        case ElementType::Half:
            return withChunks<float, Half>(task, run);
        case ElementType::Float:
            break;
    }
    return withChunks<float, float>(task, run);
}

}  // namespace ringscope::kernel
