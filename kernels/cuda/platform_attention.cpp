// The platform's attention on a GPU: ATen's flash attention for fp16 and bf16, its memory-efficient
// attention for fp32. Both speak (B, H, n, D).
#include "kernels/cuda/platform_attention.h"

#include <ATen/ops/_scaled_dot_product_efficient_attention.h>
#include <ATen/ops/_scaled_dot_product_efficient_attention_backward.h>
#include <ATen/ops/_scaled_dot_product_flash_attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_backward.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/repeat_interleave.h>

#include <limits>

namespace ringscope {
namespace {

constexpr std::int64_t headSizeStep = 8;  // of heads that these kernels take
constexpr std::int64_t mostPlatformHeadSize = 256;
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
    const at::ScalarType type = block.q.scalar_type();
    const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_backward(
        swapped(dOut.to(type)), swapped(block.q), swapped(block.k), swapped(block.v),
        swapped(whole.out.to(type)), swapped(whole.lse).contiguous(), everySequenceIsWhole,
        everySequenceIsWhole, block.q.size(1), block.k.size(1), noDropout, isCausal(block),
        noRandomState(block.q), noRandomState(block.q), block.rules.scale);
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

const TypeRow* rowFor(const at::Tensor& tensor) {
    for (const TypeRow& row : types)
        if (row.type == tensor.scalar_type()) return &row;
    return nullptr;
}

const TypeRow& knownRow(const BlockInput& block) {
    const TypeRow* row = rowFor(block.q);
    TORCH_CHECK(row != nullptr, "ATen has no attention with lse in ", block.q.scalar_type());
    return *row;
}

}  // namespace

bool platformTakes(const BlockInput& block) {
    const std::int64_t size = block.q.size(3);
    return rowFor(block.q) != nullptr && size % headSizeStep == 0 && size <= mostPlatformHeadSize;
}

BlockOutput platformForward(const BlockInput& block) { return knownRow(block).forward(block); }

BlockGradients platformBackward(const BlockInput& block, const BlockOutput& whole,
                                const at::Tensor& dOut) {
    return knownRow(block).backward(block, whole, dOut);
}

}  // namespace ringscope
