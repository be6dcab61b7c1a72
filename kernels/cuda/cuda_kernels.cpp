// Block attention on a GPU. The one place that chooses a kernel by type: ATen's flash attention for
// fp16 and bf16, its memory-efficient attention for fp32. Both speak (B, H, n, D).
#include "kernels/attention/block_kernels.h"
#include "kernels/cuda/cuda_entry.h"
#include "kernels/cuda/merge_kernel.h"

#include <ATen/ops/_scaled_dot_product_efficient_attention.h>
#include <ATen/ops/_scaled_dot_product_efficient_attention_backward.h>
#include <ATen/ops/_scaled_dot_product_flash_attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_backward.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/repeat_interleave.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>
#include <limits>

namespace ringscope {
namespace {

constexpr double noDropout = 0.0;
constexpr std::int64_t lseAlignment = 32;  // rows of lse in memory-efficient attention

// (B, n, H, ...) seen as (B, H, n, ...), and back.
at::Tensor swapped(const at::Tensor& tensor) { return tensor.transpose(1, 2); }

// Without dropout nothing is drawn, but the kernels want the state's tensors.
at::Tensor noRandomState(const at::Tensor& like) {
    return at::empty({2}, like.options().dtype(at::kUInt64));
}

// The kernels align a causal mask differently where a block is not square; schedules have none.
bool isCausal(const BlockInput& block) {
    if (block.mask != MaskKind::Causal) return false;
    TORCH_CHECK(block.q.size(1) == block.k.size(1), "a causal block of ", block.q.size(1),
                " queries and ", block.k.size(1), " keys is not square");
    return true;
}

BlockOutput flashForward(const BlockInput& block) {
    const auto result = at::_scaled_dot_product_flash_attention(
        swapped(block.q), swapped(block.k), swapped(block.v), noDropout, isCausal(block), false,
        block.rules.scale);
    return {swapped(std::get<0>(result)), swapped(std::get<1>(result))};
}

BlockGradients flashBackward(const BlockInput& block, const BlockOutput& whole,
                             const at::Tensor& dOut) {
    const at::Tensor everySequenceIsWhole;
    const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_backward(
        swapped(dOut), swapped(block.q), swapped(block.k), swapped(block.v), swapped(whole.out),
        swapped(whole.lse).contiguous(), everySequenceIsWhole, everySequenceIsWhole,
        block.q.size(1), block.k.size(1), noDropout, isCausal(block), noRandomState(block.q),
        noRandomState(block.q), block.rules.scale);
    return {swapped(dq), swapped(dk), swapped(dv)};
}

// This kernel has no grouped heads: each key head is repeated for its queries.
at::Tensor repeatedHeads(const at::Tensor& tensor, const BlockInput& block) {
    const std::int64_t group = block.q.size(2) / tensor.size(2);
    return group == 1 ? tensor : at::repeat_interleave(tensor, group, 2);
}

at::Tensor summedHeads(const at::Tensor& gradient, const at::Tensor& like) {
    const std::int64_t group = gradient.size(2) / like.size(2);
    return group == 1 ? gradient : gradient.unflatten(2, {like.size(2), group}).sum(3);
}

BlockOutput efficientForward(const BlockInput& block) {
    const auto result = at::_scaled_dot_product_efficient_attention(
        swapped(block.q), swapped(repeatedHeads(block.k, block)),
        swapped(repeatedHeads(block.v, block)), std::nullopt, true, noDropout, isCausal(block),
        block.rules.scale);
    const at::Tensor lse = std::get<1>(result).narrow(2, 0, block.q.size(1));
    return {swapped(std::get<0>(result)), swapped(lse)};
}

// (B, H, n) padded as the kernel's own forward pads it.
at::Tensor alignedLse(const at::Tensor& lse) {
    const std::int64_t missing = (lseAlignment - lse.size(1) % lseAlignment) % lseAlignment;
    return at::constant_pad_nd(swapped(lse), {0, missing}, std::numeric_limits<double>::infinity())
        .contiguous();
}

BlockGradients efficientBackward(const BlockInput& block, const BlockOutput& whole,
                                 const at::Tensor& dOut) {
    const at::Tensor noBias;
    const auto result = at::_scaled_dot_product_efficient_attention_backward(
        swapped(dOut), swapped(block.q), swapped(repeatedHeads(block.k, block)),
        swapped(repeatedHeads(block.v, block)), noBias, swapped(whole.out), alignedLse(whole.lse),
        noRandomState(block.q), noRandomState(block.q), noDropout, {true, true, true, false},
        isCausal(block), block.rules.scale);
    return {swapped(std::get<0>(result)), summedHeads(swapped(std::get<1>(result)), block.k),
            summedHeads(swapped(std::get<2>(result)), block.v)};
}

struct TypeRow {
    at::ScalarType type;
    BlockOutput (*forward)(const BlockInput&);
    BlockGradients (*backward)(const BlockInput&, const BlockOutput&, const at::Tensor&);
};

constexpr TypeRow types[] = {
    {at::kBFloat16, flashForward, flashBackward},
    {at::kHalf, flashForward, flashBackward},
    {at::kFloat, efficientForward, efficientBackward},
};

const TypeRow& rowFor(const at::Tensor& tensor) {
    for (const TypeRow& row : types)
        if (row.type == tensor.scalar_type()) return row;
    TORCH_CHECK(false, "no GPU kernel computes attention in ", tensor.scalar_type(),
                "; use fp32, or device cpu");
}

// Plans for a GPU refuse what would need more.
void expectPlain(const BlockInput& block) {
    TORCH_CHECK(block.mask != MaskKind::Positions && block.rules.plain(),
                "no GPU kernel computes windows, documents, soft-cap, ALiBi or dropout; use device "
                "cpu");
}

BlockOutput forward(const BlockInput& block) {
    expectPlain(block);
    return rowFor(block.q).forward(block);
}

BlockGradients backward(const BlockInput& block, const BlockOutput& whole, const at::Tensor& dOut) {
    expectPlain(block);
    return rowFor(block.q).backward(block, whole, dOut);
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

const BlockKernels cudaBlockKernels{.forward = forward, .backward = backward, .merge = merge};

}  // namespace ringscope
