#include "tests/kernels/cuda/host_gpu.h"

#include "kernels/block/merge.h"
#include "kernels/cuda/attention_twin.h"
#include "kernels/cuda/row_copy_twin.h"

#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>

#include <atomic>

namespace ringscope::test {
namespace {

std::atomic<int> platformCalls = 0;
std::atomic<int> ownCalls = 0;

constexpr double noDropout = 0;

at::Tensor swapped(const at::Tensor& tensor) { return tensor.transpose(1, 2); }

bool takes(const BlockInput& block) { return block.q.size(3) % 8 == 0; }

// As strict as the platform's kernels.
bool isCausal(const BlockInput& block) {
    TORCH_CHECK(takes(block) && block.rules.plain() && block.mask != MaskKind::Positions,
                "no platform kernel takes this block");
    const bool causal = block.mask == MaskKind::Causal;
    TORCH_CHECK(!causal || block.q.size(1) == block.k.size(1), "a causal block is not square");
    ++platformCalls;
    return causal;
}

BlockOutput forward(const BlockInput& block) {
    const auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(
        swapped(block.q), swapped(block.k), swapped(block.v), noDropout, isCausal(block),
        std::nullopt, block.rules.scale);
    return {swapped(out), swapped(lse)};
}

BlockGradients backward(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut) {
    const at::ScalarType type = block.q.scalar_type();
    const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        swapped(dOut.to(type)), swapped(block.q), swapped(block.k), swapped(block.v),
        swapped(whole.out.to(type)), swapped(whole.lse), noDropout, isCausal(block), std::nullopt,
        block.rules.scale);
    return {swapped(dq), swapped(dk), swapped(dv)};
}

PieceCosts costs(const BlockInput&) { return {.launch = 50, .row = 1, .pair = 0.1}; }

void run(const AttentionTask& task) {
    ++ownCalls;
    runAttentionOnHost(task, kernel::ThreadOrder::Up);
}

}  // namespace

const GpuKernels hostGpu{.takes = takes,
                         .forward = forward,
                         .backward = backward,
                         .costs = costs,
                         .run = run,
                         .merge = mergePartOnCpu,
                         .copyRows = copyRowsByBlocks};

KernelCalls takeKernelCalls() { return {platformCalls.exchange(0), ownCalls.exchange(0)}; }

}  // namespace ringscope::test
