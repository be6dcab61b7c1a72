// Block attention on a CPU: ATen's flash attention, which takes strides and grouped KV heads and
// speaks (B, H, n, D), where it can express the block. Its gradients are complete for the given
// keys when it is given the final lse. Else our own.
#include "kernels/attention/block_kernels.h"
#include "kernels/attention/merge.h"
#include "kernels/attention/tiled_attention.h"

#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>

namespace ringscope {
namespace {

constexpr double noDropout = 0.0;

// (B, n, H, ...) seen as (B, H, n, ...), and back.
at::Tensor swapped(const at::Tensor& tensor) { return tensor.transpose(1, 2); }

BlockOutput forward(const BlockInput& block) {
    if (needsTiles(block)) return tiledForward(block);
    const auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(
        swapped(block.q), swapped(block.k), swapped(block.v), noDropout,
        block.mask == MaskKind::Causal, std::nullopt, block.rules.scale);
    return {swapped(out), swapped(lse)};
}

BlockGradients backward(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut) {
    if (needsTiles(block)) return tiledBackward(block, whole, dOut);
    const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        swapped(dOut), swapped(block.q), swapped(block.k), swapped(block.v), swapped(whole.out),
        swapped(whole.lse), noDropout, block.mask == MaskKind::Causal, std::nullopt,
        block.rules.scale);
    return {swapped(dq), swapped(dk), swapped(dv)};
}

}  // namespace

const BlockKernels cpuBlockKernels{
    .forward = forward, .backward = backward, .merge = mergePartOnCpu};

}  // namespace ringscope
